#include "tests/types/type_values.h"

namespace lockstitch::tests {

std::vector<TypeValues> TextTypes() {
  const std::vector<Value> texts = {
      "''", "'a'", "' before and after  '", R"(E'tab\tline\nreturn\rbackslash\\')",
      "'größe 日本語 🧵 e\xcc\x81'", "chr(1) || chr(127) || chr(1114111)", R"('\N')",
      "'NULL'", R"('{"a",''b''}')",
      // Compressed, and too long for its row though compressed.
      "repeat('日本', 20000)",
      "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 5000) n)"};
  return {
      {"text", texts},
      {"varchar", texts},
      {"varchar(5)", {"''", "'größe'", "'日本語 🧵'", "'a  '"}},
      {"bpchar", {"''", "'a'", "'größe'", "'日本語'"}},
      {"char(1)", {"''", "'a'", "'🧵'"}},
      {"char(7)", {"''", "'größe'", "'日本語'", R"(E'\ta')"}},
      {"name", {"''", "'größe'", "repeat('日', 21)", "repeat('x', 63)"}},
      {R"("char")", {"'a'", "''", "' '", R"('\')"}},
      // Bytes that no text may hold alone, so no JSON either.
      {.type = R"("char")",
       .values = {"(-1)::int4::\"char\"", "(-128)::int4::\"char\""},
       .in_json = false},
      {"bytea",
       {"''", R"('\x00')", R"('\x00ff005c27')",
        "(SELECT string_agg(decode(lpad(to_hex(n), 2, '0'), 'hex'), '') FROM generate_series(0, "
        "255) n)",
        "decode(repeat('00ff55aa', 20000), 'hex')",
        "(SELECT string_agg(decode(md5(n::text), 'hex'), '') FROM generate_series(1, 5000) n)"}},
      {"refcursor", {"''", "'größe'", "'<unnamed portal 1>'"}},
      {"bit(1)", {"'0'", "'1'"}},
      {"bit(9)", {"'101010101'", "'000000000'", "'111111111'"}},
      {"bit(1000000)", {"'1'::bit(1000000)"}},
      {"varbit", {"''", "'0'", "'101010101'", "repeat('10', 5000)"}},
      {"varbit(9)", {"''", "'1'", "'111111111'"}},
  };
}

}  // namespace lockstitch::tests

#include "tests/types/type_values.h"

namespace lockstitch::tests {

std::vector<TypeValues> DocumentTypes() {
  return {
      {"json",
       {"'null'", R"('{"a": 1, "a":  2}')", R"(E' \n[ 1 ,\t2 ] ')", R"('"\u0000"')",
        R"('"\ud83e\uddf5 🧵"')", "'1.000'", "'-0'", "'1e400'", "'{}'", "'[]'",
        "repeat('[', 1000) || repeat(']', 1000)",
        "repeat('{\"k\":', 1000) || '1' || repeat('}', 1000)",
        "'[' || repeat('\"日本\", ', 50000) || '0]'"}},
      {"jsonb",
       {"'null'", R"('{"b": 1, "a": 2, "b": 3}')", "'[]'", "'{}'", "'\"\"'", R"('{"": ""}')",
        "'1.000'", "'-0.0'", "'1e1000'", "'-1e-1000'", R"('"\ud83e\uddf5 🧵 \u0001"')",
        "repeat('[', 1000) || repeat(']', 1000)",
        "repeat('{\"k\":', 1000) || '1' || repeat('}', 1000)",
        "(SELECT jsonb_object_agg(md5(n::text), n) FROM generate_series(1, 5000) n)"}},
      {"jsonpath",
       {"'$'",
        "'lax $.a[*]'",
        R"('strict $."größe"[1 to last] ? (@.b > 1.50 && !(@ == null))')",
        R"('$.**{2 to 4} ? (@ like_regex "^x\\d" flag "i")')",
        R"('$ ? (@ starts with $v)')",
        "'-$.a + 2 * ($.b.size() - 1)'",
        {R"('$.a.bigint()')", {.since = 17}}},
       {.since = 12}},
      {"xml",
       {"'<a/>'", "''", "'only text'", "'<a b=\"größe\">日本語<![CDATA[<&>]]></a><!-- two --><b/>'",
        "'<?xml version=\"1.0\"?><a/>'", "'<?xml version=\"1.1\" standalone=\"yes\"?><a/>'",
        "'<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>größe</a>'",
        "'<a>' || repeat('<b>日本</b>', 20000) || '</a>'"}},
      {"tsvector",
       {"''", "'a:1A fat:2B,3C cat:16383'", R"('''it''''s'':1 ''sp ace'' ''back\\slash''')",
        "'größe 日本語'",
        "(SELECT string_agg(n || ':' || n, ' ') FROM generate_series(1, 5000) n)::tsvector"}},
      {"tsquery",
       {"'a'", "'a & !b:*A | (c <-> d)'", "'!!a <16384> ( b | ''it''''s'':CD )'", "'größe:*'"}},
  };
}

}  // namespace lockstitch::tests

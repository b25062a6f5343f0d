#include "tests/types/type_values.h"

namespace lockstitch::tests {
namespace {

// A type that arrives as text.
TypeValues Text(const std::string& type, std::vector<Value> values, Versions versions = {}) {
  return {.type = type, .values = std::move(values), .versions = versions, .own_server_only = true};
}

}  // namespace

std::vector<TypeValues> SystemTypes() {
  return {
      {"oid", {"'0'", "'1'", "'4294967295'"}},
      {"xid", {"'0'", "'3'", "'4294967295'"}},
      {"xid8", {"'0'", "'18446744073709551615'"}, {.since = 13}},
      {"cid", {"'0'", "'4294967295'"}},
      {"tid", {"'(0,0)'", "'(0,1)'", "'(4294967295,65535)'"}},
      {"pg_lsn", {"'0/0'", "'16/B374D848'", "'FFFFFFFF/FFFFFFFF'"}},
      {"txid_snapshot",
       {"'1:1:'", "'10:20:10,14,15'", "'9223372036854775807:9223372036854775807:'"}},
      {"pg_snapshot",
       {"'1:1:'", "'10:20:10,14,15'", "'9223372036854775807:9223372036854775807:'"},
       {.since = 13}},
      {"int2vector", {"'0'", "'1 -2 32767'"}},
      {"oidvector", {"'1'", "'0 1 4294967295'"}},
      // Numbers of objects of their own server.
      Text("regproc", {"'now'", "'-'", "'4294967295'"}),
      Text("regprocedure", {"'abs(integer)'", "'-'"}),
      Text("regoper", {"'||/'", "'0'"}),
      Text("regoperator", {"'+(integer,integer)'", "'-(NONE,integer)'", "'0'"}),
      Text("regclass", {"'pg_class'", "'information_schema.tables'", "'-'", "'4294967295'"}),
      Text("regtype", {"'integer'", "'integer[]'", "'timestamptz'", "'-'"}),
      Text("regrole", {"'lockstitch'", "'-'"}),
      Text("regnamespace", {"'public'", "'pg_catalog'"}),
      Text("regconfig", {"'english'", "'simple'"}),
      Text("regdictionary", {"'english_stem'"}),
      Text("regcollation", {"'\"C\"'", "'\"POSIX\"'"}, {.since = 13}),
      Text("aclitem", {"'lockstitch=arwdDxt/lockstitch'", "'=r/lockstitch'"}),
      // What servers write for themselves alone, and don't read back.
      Text("pg_node_tree",
           {"(SELECT ev_action FROM pg_rewrite ORDER BY length(ev_action::text) LIMIT 1)"}),
      Text("pg_ndistinct", {}),
      Text("pg_dependencies", {}),
      Text("pg_mcv_list", {}, {.since = 12}),
      Text("pg_brin_bloom_summary", {}, {.since = 14}),
      Text("pg_brin_minmax_multi_summary", {}, {.since = 14}),
      Text("gtsvector", {}),
      Text("smgr", {"'magnetic disk'"}, {.until = 11}),
  };
}

}  // namespace lockstitch::tests

#include "tests/types/type_values.h"

namespace lockstitch::tests {

std::vector<TypeValues> RangeTypes() {
  const Versions since14 = {.since = 14};
  return {
      {"int4range",
       {"'empty'", "'(,)'", "'[5,)'", "'(,5]'", "'(1,5)'", "'[1,1]'",
        "'[-2147483648,2147483647)'"}},
      {"int8range",
       {"'empty'", "'(,)'", "'[5,)'", "'(,5)'", "'[-9223372036854775808,9223372036854775807)'"}},
      {"numrange",
       {"'empty'",
        "'(,)'",
        "'[1.0,2.00]'",
        "'(1,2)'",
        "'(-1.000,1e131071]'",
        "'[0,NaN]'",
        {"'[-Infinity,Infinity]'", since14}}},
      {"daterange",
       {"'empty'", "'(,)'", "'[2000-01-01,2000-12-31]'", "'[-infinity,infinity]'",
        "'[0044-03-15 BC,)'", "'[4714-11-24 BC,5874897-12-31)'"}},
      {"tsrange",
       {"'empty'", "'(,)'", "'[\"2000-01-01 00:00:00\",infinity]'", "'(-infinity,infinity)'",
        "'[\"4714-11-24 00:00:00 BC\",\"294276-12-31 23:59:59.999999\"]'"}},
      {"tstzrange",
       {"'empty'", "'(,)'", "'[\"2000-01-01 00:00:00+05:30:15\",infinity)'", "'(,-infinity]'"}},
      {"int4multirange", {"'{}'", "'{(,)}'", "'{[1,2),[5,7)}'", "'{(,1),[5,)}'"}, since14},
      {"int8multirange",
       {"'{}'", "'{(,)}'", "'{[-9223372036854775808,-1),[5,9223372036854775807)}'"},
       since14},
      {"nummultirange", {"'{}'", "'{[1.0,2.00],(3,4)}'", "'{[-Infinity,0),[NaN,NaN]}'"}, since14},
      {"datemultirange", {"'{}'", "'{[-infinity,2000-01-01],[2026-01-01,infinity]}'"}, since14},
      {"tsmultirange", {"'{}'", "'{(,\"2000-01-01 00:00:00\"),(infinity,)}'"}, since14},
      {"tstzmultirange",
       {"'{}'", "'{(,\"2000-01-01 00:00:00+00\"],[infinity,infinity]}'"},
       since14},
  };
}

}  // namespace lockstitch::tests

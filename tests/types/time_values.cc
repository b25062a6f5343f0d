#include "tests/types/type_values.h"

namespace lockstitch::tests {

std::vector<TypeValues> TimeTypes() {
  const Versions until11 = {.until = 11};
  return {
      {"date",
       {"'4714-11-24 BC'", "'0044-03-15 BC'", "'0001-01-01'", "'1999-12-31'", "'2000-01-01'",
        "'2024-02-29'", "'5874897-12-31'", "'infinity'", "'-infinity'"}},
      {"time", {"'00:00:00'", "'12:34:56.789012'", "'23:59:59.999999'", "'24:00:00'"}},
      {"time(0)", {"'00:00:00'", "'23:59:59.9'"}},
      {"timetz",
       {"'00:00:00+15:59:59'", "'24:00:00-15:59:59'", "'12:34:56.789012+05:30:15'", "'00:00:00+00'",
        "'23:59:59.999999-01:23:45'"}},
      {"timetz(2)", {"'12:34:56.789+14'", "'24:00:00-00:00:01'"}},
      {"timestamp",
       {"'4714-11-24 00:00:00 BC'", "'0044-03-15 12:00:00 BC'", "'1999-12-31 23:59:59.999999'",
        "'2000-01-01 00:00:00'", "'2026-02-28 24:00:00'", "'294276-12-31 23:59:59.999999'",
        "'infinity'", "'-infinity'"}},
      {"timestamp(3)", {"'2026-01-01 00:00:00.123'", "'-infinity'"}},
      {"timestamptz",
       {"'4714-11-24 00:00:00+00 BC'", "'0044-03-15 12:00:00-15:59:59 BC'",
        "'1999-12-31 23:59:59.999999+00'", "'2026-06-01 00:00:00.000001+05:30'",
        "'294276-12-31 23:59:59.999999+00'", "'infinity'", "'-infinity'"}},
      {"timestamptz(0)", {"'2026-01-01 00:00:00+00'", "'infinity'"}},
      {"interval",
       {"'0'",
        "'1 mon -3 days +04:05:06.789'",
        "'-1 mon +3 days -04:05:06.789'",
        "'178000000 years'",
        "'-178000000 years'",
        "'2147483647 days'",
        "'-2147483648 days'",
        "make_interval(hours => 2147483647)",
        "make_interval(hours => -2147483647)",
        "'1 mon'",
        "'30 days'",
        "'720:00:00'",
        "'-00:00:00.000001'",
        // What newer versions take for infinity; those before 15 can't show it as text, so not in
        // JSON either.
        {"make_interval(months => 2147483647, days => 2147483647, hours => 2147483647) + "
         "make_interval(hours => 414564141) + interval '54.775807'",
         {.since = 15, .until = 16}},
        {"make_interval(months => -2147483648, days => -2147483648, hours => -2147483647) - "
         "make_interval(hours => 414564141) - interval '54.775808'",
         {.since = 15, .until = 16}},
        {"'infinity'", {.since = 17}},
        {"'-infinity'", {.since = 17}}}},
      {"interval year to month", {"'178000000 years 11 mons'", "'-1 mon'"}},
      {"interval day to second(3)", {"'-1 day +00:00:00.123'", "'1 day -23:59:59.999'"}},
      {"interval hour", {"'-1 mon +2 days 5 hours'"}},
      {"interval(1)", {"'1.5 s'", "'-1 year 0.1 s'"}},
      {"abstime",
       {"'1901-12-14 00:00:00+00'", "'2038-01-18 03:14:07+00'", "'infinity'", "'-infinity'",
        "'invalid'"},
       until11},
      {"reltime", {"'1 day'", "'-68 years'", "'00:00:01'"}, until11},
      {"tinterval", {"'[\"2000-01-01 00:00:00+00\" \"2001-01-01 00:00:00+00\"]'"}, until11},
  };
}

}  // namespace lockstitch::tests

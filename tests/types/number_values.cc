#include "tests/types/type_values.h"

namespace lockstitch::tests {

std::vector<TypeValues> NumberTypes() {
  const Versions since14 = {.since = 14};
  return {
      {"bool", {"true", "false"}},
      {"int2", {"'-32768'", "-1", "0", "32767"}},
      {"int4", {"'-2147483648'", "-1", "0", "2147483647"}},
      {"int8", {"'-9223372036854775808'", "-1", "0", "'9223372036854775807'"}},
      {"float4",
       {"'0'", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "'0.1'", "'1e-45'", "'1.17549435e-38'",
        "'3.4028235e38'", "'-3.4028235e38'", "'16777217'"}},
      {"float8",
       {"'0'", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "'0.1'", "'5e-324'",
        "'2.2250738585072014e-308'", "'1.7976931348623157e308'", "'-1.7976931348623157e308'",
        "'9007199254740993'"}},
      {"numeric",
       {"'0'",
        "'0.000'",
        "'1.000'",
        "'-1.5'",
        "'10000'",
        "'0.0001'",
        "'99999999.99990'",
        "'NaN'",
        {"'Infinity'", since14},
        {"'-Infinity'", since14},
        "'1e131071'",
        "'1e-16383'",
        "repeat('9', 131072)",
        "'-' || repeat('9', 131072) || '.' || repeat('9', 16383)",
        "'0.' || repeat('0', 16382) || '1'",
        "'1.' || repeat('0', 16383)"}},
      {"numeric(7,2)", {"'12345.67'", "'-0.01'", "'0'", "'NaN'"}},
      {"numeric(1000,500)", {"repeat('9', 500) || '.' || repeat('1', 500)", "'-1'"}},
      {.type = "numeric(5,-2)",
       .values = {"'1234500'", "'-49'", "'9999900'", "'NaN'"},
       .versions = {.since = 15},
       .otherwise = "numeric"},
      {.type = "numeric(2,4)",
       .values = {"'0.0012'", "'-0.0099'"},
       .versions = {.since = 15},
       .otherwise = "numeric"},
      // Its text names a currency and its binary form doesn't say which.
      {"money", {"'0'", "'12.34'", "'-92233720368547758.08'", "'92233720368547758.07'"}},
  };
}

}  // namespace lockstitch::tests

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "schema/stream_pattern.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::schema {
namespace {

using testing::Require;

// Longer ones would only make the slow way slower.
constexpr size_t kLongest = 32;

// Fits a pattern without quotes in the slow way: each asterisk for nothing, or for one more.
bool FitsSlowly(absl::string_view pattern, absl::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] != '*')
    return !text.empty() && text[0] == pattern[0] && FitsSlowly(pattern.substr(1), text.substr(1));
  return FitsSlowly(pattern.substr(1), text) ||
         (!text.empty() && FitsSlowly(pattern, text.substr(1)));
}

// The input is a pattern's two parts, then a table's, a line each.
FUZZ_TARGET(input) {
  if (const auto pattern = StreamPattern::Parse(input); !pattern.ok())
    Require(ReasonOf(pattern.status()) == Reason::kUsageInvalid, "a reason");

  const absl::string_view schema = testing::TakeLine(&input).substr(0, kLongest);
  const absl::string_view name = testing::TakeLine(&input).substr(0, kLongest);
  v1::TableName table;
  table.set_schema(std::string(testing::TakeLine(&input).substr(0, kLongest)));
  table.set_name(std::string(input.substr(0, kLongest)));
  const auto is_plain = [](absl::string_view part) {
    return part.find_first_of(".\"!") == absl::string_view::npos &&
           std::count(part.begin(), part.end(), '*') <= 5;
  };
  if (!is_plain(schema) || !is_plain(name)) return;
  const auto pattern = StreamPattern::Parse(absl::StrCat(schema, ".", name));
  Require(pattern.ok() == (!schema.empty() && !name.empty()), "two parts are a pattern");
  if (!pattern.ok()) return;
  const bool fits = FitsSlowly(schema, table.schema()) && FitsSlowly(name, table.name());
  Require(pattern->Fits(table) == fits, "fits as in the slow way");
  Require(Selects({*pattern}, table) == fits, "selects what it fits");
}

}  // namespace
}  // namespace lockstitch::schema

#include "schema/widening.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace lockstitch::schema {
namespace {

// timestamp(3) with time zone: name "timestamp with time zone", modifiers {3}.
struct Type {
  std::string name;
  std::vector<int> modifiers;
};

Type Parse(absl::string_view text) {
  const size_t open = text.find('(');
  const size_t close = text.find(')');
  if (open == absl::string_view::npos || close == absl::string_view::npos || close < open)
    return {.name = std::string(text)};
  Type type = {.name = absl::StrCat(text.substr(0, open), text.substr(close + 1))};
  for (const absl::string_view part :
       absl::StrSplit(text.substr(open + 1, close - open - 1), ',')) {
    int modifier = 0;
    // What isn't a number belongs to a type of an extension, which no rule below names.
    if (absl::SimpleAtoi(part, &modifier)) type.modifiers.push_back(modifier);
  }
  return type;
}

// Their place among the exact numbers; -1 for others.
int ExactRank(const Type& type) {
  static constexpr absl::string_view kNames[] = {"smallint", "integer", "bigint", "numeric"};
  const auto found = std::find(std::begin(kNames), std::end(kNames), type.name);
  return found == std::end(kNames) ? -1 : static_cast<int>(found - std::begin(kNames));
}

bool HasRoomForNumeric(const Type& from, const Type& to) {
  if (to.modifiers.empty()) return !from.modifiers.empty();
  if (from.modifiers.size() != 2 || to.modifiers.size() != 2) return false;
  const auto digits = [](const Type& type) {
    return int64_t{type.modifiers[0]} - type.modifiers[1];
  };
  return digits(to) >= digits(from) && to.modifiers[1] >= from.modifiers[1];
}

// Types whose one modifier is how much a value may hold; without it there is no limit.
bool HasLimit(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {"character varying",
                                                 "bit varying",
                                                 "time without time zone",
                                                 "time with time zone",
                                                 "timestamp without time zone",
                                                 "timestamp with time zone",
                                                 "interval"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool HasRoom(const Type& from, const Type& to) {
  if (to.modifiers.empty()) return true;
  return !from.modifiers.empty() && to.modifiers[0] >= from.modifiers[0];
}

}  // namespace

bool IsWidening(absl::string_view from_text, absl::string_view to_text) {
  if (from_text == to_text) return false;
  const Type from = Parse(from_text);
  const Type to = Parse(to_text);
  if (from.name == "numeric" && to.name == "numeric") return HasRoomForNumeric(from, to);
  const int from_rank = ExactRank(from);
  if (from_rank >= 0 && to.modifiers.empty() && from_rank < ExactRank(to)) return true;
  if (from.name == "real") return to.name == "double precision";
  if (from.name == "character varying" && to.name == "text") return true;
  return from.name == to.name && HasLimit(from.name) && HasRoom(from, to);
}

}  // namespace lockstitch::schema

#include "cli/change_view.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/text_table.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Json ChangesAsJson(const SchemaChanges& changes) {
  Json list = Json::array();
  for (const v1::SchemaChange& change : changes) {
    list.push_back({{"kind", std::string(absl::StripPrefix(v1::ChangeKind_Name(change.kind()),
                                                           "CHANGE_KIND_"))},
                    {"column", TextOrNull(change.column())},
                    {"destination_column", TextOrNull(change.destination_column())},
                    {"from", TextOrNull(change.from())},
                    {"to", TextOrNull(change.to())},
                    {"effect", change.effect()}});
  }
  return list;
}

std::string ChangesAsText(const std::string& stream, const SchemaChanges& changes,
                          const std::string& why_anew) {
  std::string text;
  const auto add = [&](absl::string_view line) {
    absl::StrAppend(&text, Printable(absl::StrCat(stream, ": ", line)), "\n");
  };
  for (const v1::SchemaChange& change : changes) add(change.effect());
  const bool told = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
    return absl::StrContains(change.effect(), why_anew);
  });
  if (!why_anew.empty() && !told) add(absl::StrCat("reads the whole table: ", why_anew));
  return text;
}

}  // namespace lockstitch::cli

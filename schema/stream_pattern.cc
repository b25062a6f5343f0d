#include "schema/stream_pattern.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

absl::Status NotAPattern(absl::string_view text) {
  return Error(Reason::kUsageInvalid, absl::StrCat("not a pattern of table names: '", text, "'"),
               "Write SCHEMA.TABLE with * for any characters, !SCHEMA.TABLE to take away, and "
               "double quotes around a part that holds a dot, a quote or an asterisk.");
}

bool FitsPieces(const std::vector<std::string>& pieces, absl::string_view text) {
  if (pieces.size() == 1) return text == pieces[0];
  if (!absl::ConsumePrefix(&text, pieces.front())) return false;
  if (!absl::ConsumeSuffix(&text, pieces.back())) return false;
  // The leftmost place of each leaves the most to those behind it.
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t at = text.find(pieces[i]);
    if (at == absl::string_view::npos) return false;
    text.remove_prefix(at + pieces[i].size());
  }
  return true;
}

}  // namespace

absl::StatusOr<StreamPattern> StreamPattern::Parse(absl::string_view text) {
  absl::string_view rest = text;
  const bool takes_away = absl::ConsumePrefix(&rest, "!");
  std::vector<Pieces> parts = {{""}};
  bool quoted = false;
  for (size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    std::string& piece = parts.back().back();
    if (c == '"' && quoted && i + 1 < rest.size() && rest[i + 1] == '"') {
      piece.push_back(rest[++i]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.push_back({""});
    } else if (c == '*' && !quoted) {
      parts.back().push_back("");
    } else {
      piece.push_back(c);
    }
  }
  if (parts.size() == 1) parts.insert(parts.begin(), {"public"});
  const Pieces nothing = {""};
  if (quoted || parts.size() != 2 || parts[0] == nothing || parts[1] == nothing)
    return NotAPattern(text);
  return StreamPattern(takes_away, std::move(parts[0]), std::move(parts[1]));
}

bool StreamPattern::Fits(const v1::TableName& table) const {
  return FitsPieces(schema_, table.schema()) && FitsPieces(name_, table.name());
}

bool Selects(const std::vector<StreamPattern>& patterns, const v1::TableName& table) {
  for (auto pattern = patterns.rbegin(); pattern != patterns.rend(); ++pattern) {
    if (pattern->Fits(table)) return !pattern->takes_away();
  }
  return !patterns.empty() && patterns.front().takes_away();
}

}  // namespace lockstitch::schema

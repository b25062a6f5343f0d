#include "schema/stream_name.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

std::string Part(const std::string& name) {
  const bool plain = !name.empty() && name.find_first_of(".\"*!") == std::string::npos &&
                     absl::StripAsciiWhitespace(name) == name;
  return plain ? name : absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

absl::Status NotAName(absl::string_view text) {
  return Error(Reason::kUsageInvalid, absl::StrCat("not a table name: '", text, "'"),
               "Write SCHEMA.TABLE, with double quotes around a part that holds a dot, a quote, an "
               "asterisk or an exclamation mark; patterns belong into selection.patterns.");
}

// Takes one part off the front of `rest`; leaves the dot behind it.
absl::StatusOr<std::string> TakePart(absl::string_view text, absl::string_view* rest) {
  std::string part;
  if (rest->empty() || rest->front() != '"') {
    const size_t end = rest->find_first_of(".\"");
    part = std::string(rest->substr(0, end));
    if (part.find_first_of("*!") != std::string::npos) return NotAName(text);
    rest->remove_prefix(part.size());
  } else {
    size_t at = 1;
    while (true) {
      if (at >= rest->size()) return NotAName(text);
      if ((*rest)[at] == '"') {
        if (at + 1 >= rest->size() || (*rest)[at + 1] != '"') break;
        ++at;
      }
      part.push_back((*rest)[at++]);
    }
    rest->remove_prefix(at + 1);
  }
  if (part.empty()) return NotAName(text);
  return part;
}

}  // namespace

std::string StreamName(const v1::TableName& table) {
  return absl::StrCat(Part(table.schema()), ".", Part(table.name()));
}

absl::StatusOr<v1::TableName> ParseStreamName(absl::string_view text) {
  absl::string_view rest = text;
  std::vector<std::string> parts;
  do {
    if (!parts.empty()) rest.remove_prefix(1);
    ASSIGN_OR_RETURN(parts.emplace_back(), TakePart(text, &rest));
  } while (!rest.empty() && rest.front() == '.');
  if (!rest.empty() || parts.size() > 2) return NotAName(text);
  v1::TableName table;
  table.set_schema(parts.size() == 2 ? parts[0] : "public");
  table.set_name(parts.back());
  return table;
}

}  // namespace lockstitch::schema

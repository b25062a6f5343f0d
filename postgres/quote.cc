#include "postgres/quote.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace lockstitch::postgres {

std::string QuoteIdentifier(absl::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

std::string QuoteQualified(absl::string_view schema, absl::string_view name) {
  return absl::StrCat(QuoteIdentifier(schema), ".", QuoteIdentifier(name));
}

std::string QuoteLiteral(absl::string_view text) {
  const std::string doubled = absl::StrReplaceAll(text, {{"'", "''"}, {"\\", "\\\\"}});
  // The E form reads backslashes alike whatever standard_conforming_strings says.
  return absl::StrCat(doubled.find('\\') == std::string::npos ? "'" : "E'", doubled, "'");
}

std::string ArrayText(const std::vector<std::string>& elements) {
  return absl::StrCat(
      "{",
      absl::StrJoin(elements, ",",
                    [](std::string* out, const std::string& element) {
                      absl::StrAppend(
                          out, "\"", absl::StrReplaceAll(element, {{"\\", "\\\\"}, {"\"", "\\\""}}),
                          "\"");
                    }),
      "}");
}

}  // namespace lockstitch::postgres

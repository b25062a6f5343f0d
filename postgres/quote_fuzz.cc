#include <pg_query.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "status/utf8.h"
#include "testing/fuzz_target.h"

namespace lockstitch::postgres {
namespace {

using nlohmann::json;
using testing::Require;

// An identifier that PostgreSQL's parser does not cut.
constexpr size_t kMostIdentifierBytes = 63;

// The tree that PostgreSQL's parser makes of a statement.
json Parsed(const std::string& statement) {
  PgQueryParseResult result = pg_query_parse(statement.c_str());
  Require(result.error == nullptr, "what is quoted parses");
  json tree = json::parse(result.parse_tree);
  pg_query_free_parse_result(result);
  return tree;
}

// Reads an array's text back, as array_in does where every element stands in double quotes.
std::vector<std::string> Elements(absl::string_view text) {
  std::vector<std::string> elements;
  bool quoted = false;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') {
      quoted = !quoted;
      if (quoted) elements.emplace_back();
    } else if (!quoted) {
      Require(text[i] == ',', "only commas between elements");
    } else {
      if (text[i] == '\\') ++i;
      elements.back().push_back(text[i]);
    }
  }
  Require(!quoted, "every element ends");
  return elements;
}

FUZZ_TARGET(input) {
  Require(Elements(ArrayText({std::string(input), "", std::string(input)})) ==
              std::vector<std::string>{std::string(input), "", std::string(input)},
          "elements come back");

  // No text of a session holds a zero byte, or what isn't UTF-8.
  if (input.find('\0') != absl::string_view::npos || ValidUtf8(input) != input) return;
  const std::string name = absl::StrCat("x", input.substr(0, kMostIdentifierBytes - 1));
  if (ValidUtf8(name) != name) return;
  const json tree =
      Parsed(absl::StrCat("SELECT ", QuoteLiteral(input), " AS ", QuoteIdentifier(name), " FROM ",
                          QuoteQualified(name, name)));
  Require(tree["stmts"].size() == 1, "one statement");
  const json& select = tree["stmts"][0]["stmt"]["SelectStmt"];
  const json& target = select["targetList"][0]["ResTarget"];
  Require(target.value("name", "") == name, "an identifier is what was quoted");
  Require(target["val"]["A_Const"]["sval"].value("sval", "") == input,
          "a literal is what was quoted");
  const json& table = select["fromClause"][0]["RangeVar"];
  Require(table.value("schemaname", "") == name && table.value("relname", "") == name,
          "a qualified name is what was quoted");
}

}  // namespace
}  // namespace lockstitch::postgres

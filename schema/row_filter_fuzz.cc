#include <pg_query.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "schema/row_filter.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::schema {
namespace {

using nlohmann::json;
using testing::Require;

json Parsed(const std::string& statement) {
  PgQueryParseResult result = pg_query_parse(statement.c_str());
  Require(result.error == nullptr, "a filter parses where it stands");
  json tree = json::parse(result.parse_tree);
  pg_query_free_parse_result(result);
  return tree;
}

FUZZ_TARGET(input) {
  const auto filter = ParseRowFilter(input);
  if (!filter.ok()) {
    Require(ReasonOf(filter.status()) == Reason::kFilterInvalid, "a reason");
    return;
  }
  // As statements use it: what stands around it is what it was.
  json copy = Parsed(absl::StrCat("COPY (SELECT a FROM s.t WHERE ctid >= '(0,1)' AND ", filter->sql,
                                  " AND b) TO STDOUT (FORMAT binary)"));
  Require(copy["stmts"].size() == 1, "one statement");
  const json& statement = copy["stmts"][0]["stmt"]["CopyStmt"];
  Require(statement.contains("query") && !statement.contains("filename") &&
              !statement.contains("is_program"),
          "a COPY of a query to us");
  const json& select = statement["query"]["SelectStmt"];
  Require(select["targetList"].size() == 1 && select["fromClause"].size() == 1,
          "one column of one table");
  for (const char* clause : {"groupClause", "havingClause", "windowClause", "sortClause",
                             "limitCount", "lockingClause", "withClause", "larg", "intoClause"}) {
    Require(!select.contains(clause), "no clause of the filter's own");
  }
  const json& conditions = select["whereClause"]["BoolExpr"];
  Require(conditions.value("boolop", "") == "AND_EXPR", "conditions hold together");
  Require(conditions["args"].size() == 3, "the filter is one condition of three");
}

}  // namespace
}  // namespace lockstitch::schema

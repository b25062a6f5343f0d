#include "schema/row_filter.h"

#include <pg_query.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

using Json = nlohmann::json;

struct FreeParse {
  void operator()(PgQueryParseResult* result) const {
    pg_query_free_parse_result(*result);
    delete result;
  }
};

absl::Status Invalid(absl::string_view text, absl::string_view why) {
  return Error(Reason::kFilterInvalid, absl::StrCat("the filter '", text, "' ", why));
}

// The tree of a SELECT whose WHERE clause is `condition`.
absl::StatusOr<Json> Parse(absl::string_view text, const std::string& condition) {
  // A line of its own each: a comment at the filter's end takes nothing with it.
  const std::unique_ptr<PgQueryParseResult, FreeParse> parsed(
      new PgQueryParseResult(pg_query_parse(("SELECT WHERE\n" + condition + "\n").c_str())));
  if (parsed->error != nullptr)
    return Invalid(text, absl::StrCat("does not parse: ", parsed->error->message));
  return Json::parse(parsed->parse_tree);
}

// The WHERE clause, if the tree is one SELECT of nothing else.
const Json* OnlyCondition(const Json& tree) {
  const Json& statements = tree.at("stmts");
  if (statements.size() != 1 || !statements[0].at("stmt").contains("SelectStmt")) return nullptr;
  const Json& select = statements[0]["stmt"]["SelectStmt"];
  if (select.value("op", "") != "SETOP_NONE" ||
      select.value("limitOption", "") != "LIMIT_OPTION_DEFAULT") {
    return nullptr;
  }
  const bool alone = select.size() == 3 && select.contains("whereClause");
  return alone ? &select["whereClause"] : nullptr;
}

// What stands in the way of reading `node` as a condition on one row; gathers columns.
absl::string_view Examine(const Json& node, std::set<std::string>* columns) {
  if (node.is_array()) {
    for (const Json& element : node) {
      if (const absl::string_view problem = Examine(element, columns); !problem.empty())
        return problem;
    }
  }
  if (!node.is_object()) return "";
  for (const auto& [kind, value] : node.items()) {
    if (kind == "SubLink") return "holds a subquery";
    if (kind == "ParamRef") return "holds a parameter";
    if (kind == "over") return "holds a window function";
    if (kind == "ColumnRef") {
      // The last name is the column, what stands before it the table.
      const Json& last = value.at("fields").back();
      if (!last.contains("String")) return "holds a *";
      columns->insert(last["String"].value("sval", ""));
    } else if (const absl::string_view problem = Examine(value, columns); !problem.empty()) {
      return problem;
    }
  }
  return "";
}

}  // namespace

absl::StatusOr<RowFilter> ParseRowFilter(absl::string_view text) {
  RowFilter filter = {.sql = absl::StrCat("(\n", text, "\n)")};
  if (text.find('\0') != absl::string_view::npos) return Invalid("", "holds a zero byte");
  // By itself, so that no parenthesis of its own closes ours; then as it will stand.
  for (const std::string& condition : {std::string(text), filter.sql}) {
    ASSIGN_OR_RETURN(const Json tree, Parse(text, condition));
    const Json* where = OnlyCondition(tree);
    if (where == nullptr) return Invalid(text, "is not one expression");
    filter.columns.clear();
    const absl::string_view problem = Examine(*where, &filter.columns);
    if (!problem.empty()) return Invalid(text, problem);
  }
  return filter;
}

}  // namespace lockstitch::schema

#include "schema/row_filter.h"

#include <pg_query.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"
#include "status/utf8.h"

namespace lockstitch::schema {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostBytes = 8192;

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

// What kind of node, or which of its fields, has no place in a condition on one row.
absl::string_view ProblemOf(absl::string_view key) {
  if (key == "SubLink") return "holds a subquery";
  if (key == "ParamRef") return "holds a parameter";
  if (key == "over") return "holds a window function";
  if (key == "SetToDefault") return "holds DEFAULT";
  if (key == "GroupingFunc" || key == "agg_star" || key == "agg_distinct" || key == "agg_order" ||
      key == "agg_filter" || key == "agg_within_group") {
    return "holds an aggregate";
  }
  return "";
}

// Gathers what a filter refers to.
class Examiner {
 public:
  explicit Examiner(RowFilter* filter) : filter_(filter) {}

  // What stands in the way of reading `node` as a condition on one row; empty if nothing does.
  // `bare` is whether its column is taken by an operator or function without a schema.
  absl::string_view Examine(const Json& node, bool bare) {
    if (node.is_array()) {
      for (const Json& element : node) {
        if (const absl::string_view problem = Examine(element, bare); !problem.empty())
          return problem;
      }
    }
    if (!node.is_object()) return "";
    for (const auto& [key, value] : node.items()) {
      absl::string_view problem = ProblemOf(key);
      if (key == "ColumnRef") {
        problem = AddColumn(value, bare);
      } else if (problem.empty()) {
        problem = Examine(value, IsBareIn(key, value, bare));
      }
      if (!problem.empty()) return problem;
    }
    return "";
  }

 private:
  absl::string_view AddColumn(const Json& reference, bool bare) {
    // The last name is the column, what stands before it the table.
    const Json& last = reference.at("fields").back();
    if (!last.contains("String")) return "holds a *";
    const std::string name = last["String"].value("sval", "");
    filter_->columns.insert(name);
    if (bare) filter_->bare_columns.insert(name);
    return "";
  }

  bool IsBareIn(const std::string& key, const Json& value, bool bare) {
    if (key == "TypeCast" || key == "NullTest") return false;
    if (key == "A_Expr") return !value.contains("name") || value["name"].size() < 2;
    if (key == "FuncCall") {
      const Json& name = value.at("funcname");
      filter_->functions.insert(name.back()["String"].value("sval", ""));
      return name.size() < 2;
    }
    return bare;
  }

  RowFilter* filter_;
};

}  // namespace

absl::StatusOr<RowFilter> ParseRowFilter(absl::string_view text) {
  RowFilter filter = {.sql = absl::StrCat("(\n", text, "\n)")};
  if (text.find('\0') != absl::string_view::npos) return Invalid("", "holds a zero byte");
  if (ValidUtf8(text) != text) return Invalid("", "is not UTF-8");
  if (text.size() > kMostBytes)
    return Invalid(text.substr(0, 40), absl::StrCat("... has more than ", kMostBytes, " bytes"));
  // By itself, so that no parenthesis of its own closes ours; then as it will stand.
  for (const std::string& condition : {std::string(text), filter.sql}) {
    ASSIGN_OR_RETURN(const Json tree, Parse(text, condition));
    const Json* where = OnlyCondition(tree);
    if (where == nullptr) return Invalid(text, "is not one expression");
    const absl::string_view problem = Examiner(&filter).Examine(*where, /*bare=*/true);
    if (!problem.empty()) return Invalid(text, problem);
  }
  return filter;
}

}  // namespace lockstitch::schema

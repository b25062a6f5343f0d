#include "services/extractor/source/range_query.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/column_expression.h"
#include "schema/row_filter.h"
#include "status/macros.h"

namespace lockstitch::extractor {
namespace {

using postgres::QuoteQualified;

// What tells a row of the table to people.
std::vector<std::string> KeyOf(const v1::Table& table) {
  if (!table.primary_key().empty()) return {table.primary_key().begin(), table.primary_key().end()};
  switch (table.kind()) {
    case v1::TABLE_KIND_TABLE:
    case v1::TABLE_KIND_MATERIALIZED_VIEW:
      return {"ctid"};
    case v1::TABLE_KIND_PARTITIONED_TABLE:
      return {"tableoid", "ctid"};
    default:
      return {};
  }
}

}  // namespace

absl::StatusOr<RangeQuery> QueryRange(const v1::Table& table, const v1::LoadPlan& plan,
                                      const std::string& condition, const std::string& filter) {
  const auto expression = [](std::string* out, const v1::ColumnMapping& column) {
    out->append(schema::SourceExpression(column));
  };
  RangeQuery query;
  query.select = absl::StrCat("SELECT ", absl::StrJoin(plan.columns(), ", ", expression));
  query.table = QuoteQualified(table.name().schema(), table.name().name());
  if (!condition.empty()) query.conditions.push_back(condition);
  if (!filter.empty()) {
    ASSIGN_OR_RETURN(schema::RowFilter parsed, schema::ParseRowFilter(filter));
    query.conditions.push_back(std::move(parsed.sql));
    query.functions = std::move(parsed.functions);
  }
  query.key = KeyOf(table);
  return query;
}

std::string FromOf(const RangeQuery& query) {
  return absl::StrCat(" FROM ", query.table, query.conditions.empty() ? "" : " WHERE ",
                      absl::StrJoin(query.conditions, " AND "));
}

std::string SelectOf(const RangeQuery& query) {
  return absl::StrCat(query.select, FromOf(query), query.order.empty() ? "" : " ORDER BY ",
                      query.order);
}

std::string CopyOf(const RangeQuery& query) {
  return absl::StrCat("COPY (", SelectOf(query), ") TO STDOUT (FORMAT binary)");
}

}  // namespace lockstitch::extractor

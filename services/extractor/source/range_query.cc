#include "services/extractor/source/range_query.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/row_filter.h"
#include "status/macros.h"

namespace lockstitch::extractor {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;

// What is an infinite interval to servers since 17, and the greatest and least one to those before.
constexpr absl::string_view kExtremeIntervals =
    "['infinity', '-infinity', "
    "'178956970 years 7 mons 2147483647 days 2562047788:00:54.775807', "
    "'-178956970 years -8 mons -2147483648 days -2562047788:00:54.775808']";

std::string Expression(const v1::ColumnMapping& column) {
  const std::string name = QuoteIdentifier(column.source_column());
  const std::string schema = column.wire_schema().empty() ? "pg_catalog" : column.wire_schema();
  const std::string type = absl::StrCat("::", QuoteQualified(schema, column.wire_type()),
                                        column.wire_array() ? "[]" : "");
  switch (column.conversion()) {
    case v1::WIRE_CONVERSION_TO_JSON:
      return absl::StrCat("pg_catalog.to_json(", name, ")", type);
    case v1::WIRE_CONVERSION_OUTPUT:
      // A cast would take the way that a user may have defined for it.
      // IS NOT NULL would be false of a row that holds a NULL.
      return absl::StrCat("CASE WHEN ", name,
                          " IS DISTINCT FROM NULL THEN pg_catalog.format('%s', ", name, ") END",
                          type);
    case v1::WIRE_CONVERSION_FINITE_INTERVAL: {
      // Reading the text fails, which is the only way to fail in an expression; the message quotes
      // it.
      const absl::string_view test = column.wire_array() ? "[] && ARRAY" : " = ANY (ARRAY";
      return absl::StrCat("CASE WHEN ", name, "::text", test, kExtremeIntervals,
                          column.wire_array() ? "" : ")",
                          " THEN pg_catalog.concat('not the same interval at the destination: ', ",
                          name, ")", type, " ELSE ", name, type, " END");
    }
    default:
      return name + type;
  }
}

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
    out->append(Expression(column));
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

#include "schema/column_expression.h"

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"

namespace lockstitch::schema {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;

// What is an infinite interval to servers since 17, and the greatest and least one to those before.
constexpr absl::string_view kExtremeIntervals =
    "['infinity', '-infinity', "
    "'178956970 years 7 mons 2147483647 days 2562047788:00:54.775807', "
    "'-178956970 years -8 mons -2147483648 days -2562047788:00:54.775808']";

std::string CastToWire(const v1::ColumnMapping& column) {
  const std::string schema = column.wire_schema().empty() ? "pg_catalog" : column.wire_schema();
  return absl::StrCat("::", QuoteQualified(schema, column.wire_type()),
                      column.wire_array() ? "[]" : "");
}

}  // namespace

std::string SourceExpression(const v1::ColumnMapping& column) {
  const std::string name = QuoteIdentifier(column.source_column());
  const std::string type = CastToWire(column);
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

std::string DestinationExpression(const v1::ColumnMapping& column) {
  const std::string name = QuoteIdentifier(column.destination_column());
  const bool built_in = column.wire_schema().empty() || column.wire_schema() == "pg_catalog";
  return built_in ? name + CastToWire(column) : name;
}

}  // namespace lockstitch::schema

#ifndef LOCKSTITCH_SCHEMA_ROW_FILTER_H_
#define LOCKSTITCH_SCHEMA_ROW_FILTER_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::schema {

// A condition on a stream's rows, safe to stand in a statement.
struct RowFilter {
  std::string sql;                // In parentheses, for use after WHERE or AND.
  std::set<std::string> columns;  // The names that it refers to.
  // Those of them that an operator or a function without a schema takes as they are, by their own
  // type. Sessions see those of pg_catalog alone, which may not be the type's own.
  std::set<std::string> bare_columns;
  std::set<std::string> functions;  // The names that it calls, without schemas.
};

// Reads one SQL boolean expression with PostgreSQL's own parser. To be called at every use: a text
// that ends the expression, as `true) to program 'id' --` does, would run as a statement.
// FILTER_INVALID for anything but one expression over the stream's own columns: subqueries, window
// functions, aggregates, DEFAULT and parameters are refused too, and so is what has more than 8,192
// bytes, whose nesting could exhaust the stack.
absl::StatusOr<RowFilter> ParseRowFilter(absl::string_view text);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_ROW_FILTER_H_

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
};

// Reads one SQL boolean expression with PostgreSQL's own parser. To be called at every use: a text
// that ends the expression, as `true) to program 'id' --` does, would run as a statement.
// FILTER_INVALID for anything but one expression over the stream's own columns: subqueries, window
// functions and parameters are refused too.
absl::StatusOr<RowFilter> ParseRowFilter(absl::string_view text);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_ROW_FILTER_H_

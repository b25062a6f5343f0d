#ifndef LOCKSTITCH_SCHEMA_WIDENING_H_
#define LOCKSTITCH_SCHEMA_WIDENING_H_

#include "absl/strings/string_view.h"

namespace lockstitch::schema {

// Whether every value of one type is the same value of another, so that a column can become wider
// in place: smallint, integer, bigint and numeric without precision in this order; real, double
// precision; varchar, varbit and numeric with room for at least as much, or without a limit;
// varchar, text; times, timestamps and intervals of at least the same precision. Both types as SQL
// shows them, as format_type does. False where they are the same.
bool IsWidening(absl::string_view from, absl::string_view to);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_WIDENING_H_

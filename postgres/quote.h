#ifndef LOCKSTITCH_POSTGRES_QUOTE_H_
#define LOCKSTITCH_POSTGRES_QUOTE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lockstitch::postgres {

// The one place where text becomes part of a statement. Every session speaks UTF-8 with
// standard_conforming_strings.

// name -> "name", with double quotes doubled.
std::string QuoteIdentifier(absl::string_view name);

// schema, name -> "schema"."name".
std::string QuoteQualified(absl::string_view schema, absl::string_view name);

// text -> 'text', with single quotes doubled.
std::string QuoteLiteral(absl::string_view text);

// The text form of a one-dimensional array, to be passed as a parameter: {"a","b"}.
std::string ArrayText(const std::vector<std::string>& elements);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_QUOTE_H_

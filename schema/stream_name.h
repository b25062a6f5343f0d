#ifndef LOCKSTITCH_SCHEMA_STREAM_NAME_H_
#define LOCKSTITCH_SCHEMA_STREAM_NAME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::schema {

// The name a user writes for a table: `schema.table`. A part that holds a dot, a quote, white space
// at an end, or what patterns are made of (* and !) stands in double quotes, with quotes inside
// doubled. Case is kept either way.
// ParseStreamName(StreamName(t)) is t.
std::string StreamName(const v1::TableName& table);

// Without a dot the schema is public. USAGE_INVALID for anything that is no name, patterns
// included.
absl::StatusOr<v1::TableName> ParseStreamName(absl::string_view text);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_STREAM_NAME_H_

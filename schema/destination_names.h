#ifndef LOCKSTITCH_SCHEMA_DESTINATION_NAMES_H_
#define LOCKSTITCH_SCHEMA_DESTINATION_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::schema {

// The schema that an integration's tables go to: its name in lower case, everything but ASCII
// letters, digits and underscores replaced by underscores ("Stitch Heroku" -> stitch_heroku).
// INTEGRATION_INVALID for names that give no schema of their own: empty, not beginning with a
// letter or underscore, over 63 bytes, or reserved.
absl::StatusOr<std::string> DestinationSchema(absl::string_view integration_name);

// The schema in which a destination keeps what Lockstitch must remember.
inline constexpr absl::string_view kStateSchema = "_lockstitch";

// A column that Lockstitch adds, named as Stitch names it.
struct SystemColumn {
  absl::string_view name;
  absl::string_view sql_type;
};

// The columns added for `choice`, in their order at the table's end.
std::vector<SystemColumn> SystemColumnsOf(v1::SystemColumns choice);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_DESTINATION_NAMES_H_

#ifndef LOCKSTITCH_POSTGRES_CONNECTION_FILES_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::postgres {

// Files that a connection names in `field`. Neither path nor content is told, as people mistake one
// for the other. CONNECTION_FILE_UNREADABLE, also for an empty one, and for what is no regular
// file.

// Without the spaces around it.
absl::StatusOr<std::string> FirstLine(const std::string& path, absl::string_view field);

absl::Status TestReadable(const std::string& path, absl::string_view field);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_FILES_H_

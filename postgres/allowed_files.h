#ifndef LOCKSTITCH_POSTGRES_ALLOWED_FILES_H_
#define LOCKSTITCH_POSTGRES_ALLOWED_FILES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::postgres {

// Which files of this machine may be named by connections that callers describe, those of sources
// and destinations: only what lies below `folder`; none where it is empty; any where there is none,
// and in a process that doesn't call this. Called once, before a server starts.
void AllowFilesBelow(const std::optional<std::string>& folder);

// Tests the files that the connection's fields and its URL name, links and `..` followed; not those
// that a file itself names. CONNECTION_FILE_UNREADABLE names all fields that are refused, tells no
// path, and not whether a file is there.
absl::Status TestFilesAllowed(const v1::PostgresConnection& server);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_ALLOWED_FILES_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_STATE_SCHEMA_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_STATE_SCHEMA_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// The version of the _lockstitch schema that this binary reads and writes.
inline constexpr int kStateVersion = 5;

// The version that the destination has; nullopt if it has none. DESTINATION_STATE_TOO_NEW if a
// newer binary made it.
absl::StatusOr<std::optional<int>> StateVersion(postgres::Connection& connection);

// DESTINATION_STATE_TOO_NEW if this binary doesn't know the version.
absl::Status TestStateVersion(int present);

// Whether the destination has the version that this binary knows, asked in one statement; false
// also where it can't be read. Outside of transactions.
bool HasPresentState(postgres::Connection& connection);

// Lets one session at a time make schemas, until the caller's transaction ends: CREATE SCHEMA IF
// NOT EXISTS fails where two run at once.
absl::Status LockSchemas(postgres::Connection& connection);

// Makes the schema, or brings it forward to version `to`, under an advisory lock, in a transaction
// of its own. Never goes back.
absl::Status MigrateState(postgres::Connection& connection, int to = kStateVersion);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_STATE_SCHEMA_H_

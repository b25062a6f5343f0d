#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHANGES_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHANGES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// How a chunk of changes gets into a destination table: by COPY into a temporary table that ends
// with the chunk's transaction, and from there in one statement. Every function runs within that
// transaction.

// The temporary table, as errors name it, and as SQL.
inline constexpr absl::string_view kStagingName = "_lockstitch_staging";
inline constexpr absl::string_view kStaging = "pg_temp._lockstitch_staging";

// Makes the temporary table and answers its name as SQL.
absl::StatusOr<std::string> CreateStaging(postgres::Connection& connection, const LoadRecord& load);

// The same, with these columns as CREATE TABLE wants them.
absl::StatusOr<std::string> CreateTemporary(postgres::Connection& connection,
                                            const std::string& columns);

// Locks the destination table against others' changes of its form, before the stream's row is
// locked: nobody else waits meanwhile. DESTINATION_TABLE_LOCKED after a minute;
// DESTINATION_CONFLICT if there is none.
absl::Status LockDestination(postgres::Connection& connection, const LoadRecord& load,
                             const std::string& schema);

// Puts the staged rows into the destination table. With a key each takes the place of the row that
// has its key, whatever that holds, unless it is the same to the last bit and not marked as
// deleted; rows are locked in the order of the key. Without a key the range's first chunk takes
// away the rows at or past the load's lower bound, for which the staged ones come.
// DESTINATION_CONFLICT if the table is no longer that which the stream's row tells of. Errors of
// table_statements.h for what users have put on the table.
absl::Status ApplyChanges(postgres::Connection& connection, const StreamState& state,
                          const LoadRecord& load, bool first_chunk);

// What the staged rows say about progress.
struct StagedKeys {
  std::optional<std::string> last_key;  // The greatest; unset if none has a key.
  std::optional<std::string> bookmark;  // Where the stream's is to be from here on.
};
absl::StatusOr<StagedKeys> ReadStagedKeys(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHANGES_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_STREAM_STATE_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_STREAM_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "postgres/transaction.h"

namespace lockstitch::loader {

// In the place of a run's id where a sweep has drawn the fence.
inline constexpr absl::string_view kSwept = "swept";

// The same where the integration is being forgotten.
inline constexpr absl::string_view kForgotten = "forgotten";

// A stream's row in _lockstitch.streams.
struct StreamState {
  int64_t stream_id = 0;
  std::string schema;  // Where its destination table lives.
  int64_t fence = 0;
  std::string run_id;
  std::string destination_table;  // Empty before the first load has been published.
  int64_t destination_oid = 0;
  std::optional<std::string> bookmark;
  int64_t table_version = 0;
  int64_t reset_generation = 0;
  std::string source_system;
  std::string source_database;
  std::string source_position;
};

// Which integration, and how it names its tables.
struct IntegrationIdentity {
  const std::string& name;
  const std::string& uid;  // May be empty.
  const v1::Naming& naming;
};

// Makes the integration's row where it is missing, and answers its uid. Within a transaction of the
// caller's. DESTINATION_SCHEMA_TAKEN if the schema belongs to an integration with another uid or
// name; DESTINATION_NAMING_CHANGED if tables have been published under other naming options.
absl::StatusOr<std::string> EnsureIntegration(postgres::Connection& connection,
                                              const std::string& schema,
                                              const IntegrationIdentity& wanted);

// The same, and the stream's row as well, with the next statement. DESTINATION_STATE_MISSING if the
// target was registered and its integration has been forgotten since.
absl::Status EnsureStream(postgres::Connection& connection, const v1::StreamTarget& target);

// How long the stream's row is waited for. A holder that doesn't move is ended by
// idle_in_transaction_session_timeout long before this.
inline constexpr absl::Duration kStreamLockWait = absl::Seconds(60);

// Locks the stream's row until the caller's transaction ends, in which nothing waits for a lock for
// longer than `wait` from then on. DESTINATION_STATE_MISSING if there is none, or no _lockstitch
// schema; DESTINATION_STATE_TOO_NEW; DESTINATION_TABLE_LOCKED if it can't be had in that time.
absl::StatusOr<StreamState> LockStream(postgres::Connection& connection,
                                       const v1::StreamTarget& target,
                                       absl::Duration wait = kStreamLockWait);

// SQL: the id of the stream whose row the transaction has locked last; NULL if there was none.
inline constexpr absl::string_view kLockedStream =
    "nullif(pg_catalog.current_setting('lockstitch.stream_id', true), '')::pg_catalog.int8";

// The same with `questions` behind it in one message, which may name the stream by kLockedStream:
// what the lock protects is read behind it, since a statement that has waited for the row sees all
// else as it was before.
absl::StatusOr<StreamState> LockStream(postgres::Connection& connection,
                                       const v1::StreamTarget& target, absl::Duration wait,
                                       std::vector<postgres::Connection::Statement> questions,
                                       std::vector<postgres::Result>* answers);

// The same row without a lock, so that it may age; one without an id if there is none.
absl::StatusOr<StreamState> ReadStream(postgres::Connection& connection,
                                       const v1::StreamTarget& target);

// Ends what loaders' sessions do for the stream's present run, if draw `draw` of run `run_id` would
// outrank its fence: another run's, or an earlier draw's of the same run. Doesn't wait for the
// stream's row.
absl::Status EndOutranked(postgres::Connection& connection, const v1::StreamTarget& target,
                          const std::string& run_id, uint32_t draw);

// Stores a new greatest fence and the run whose extraction number `draw` it is drawn for, and
// commits `transaction`, which has locked the row; answers the fence, for the same draw the same,
// or the kept result of a run that has ended. `kept` is what AskForResult was answered. SUPERSEDED
// if the run has drawn a later one, or drew before another run did: a call that comes late must not
// outrank what came after it.
absl::StatusOr<v1::ReserveRunResponse> DrawFence(postgres::Transaction transaction,
                                                 const StreamState& state,
                                                 const std::string& run_id, uint32_t draw,
                                                 const postgres::Result& kept);

// Stores with the next statement how far the stream is durable. The row must be locked.
void SetBookmark(postgres::Connection& connection, const StreamState& state,
                 const std::string& bookmark);

// SUPERSEDED unless the claim is the stream's present one. The row must be locked, or else the
// answer may age.
absl::Status TestClaim(const StreamState& state, const v1::Claim& claim);

// The same by the stream's present row, which isn't locked: for those who hold a lock that a
// later run has to wait for.
absl::Status TestClaimUnlocked(postgres::Connection& connection, int64_t stream_id,
                               const v1::Claim& claim);

// Asks for what is kept of a run of the stream that is locked, and reads it from the answer.
postgres::Connection::Statement AskForResult(const std::string& run_id);
absl::StatusOr<std::optional<v1::LoadResult>> ResultOf(const std::string& run_id,
                                                       const postgres::Result& answer);
// Keeps it, with the next statement.
void KeepResult(postgres::Connection& connection, const StreamState& state,
                const std::string& run_id, const v1::LoadResult& result);

// Applies a reset, with the next statement: forgets bookmark and source. The row must be locked.
void ForgetProgress(postgres::Connection& connection, const StreamState& state,
                    int64_t reset_generation);

// Applies a bookmark that was set, which need not be greater than the one before. The row must be
// locked.
absl::Status MoveBookmark(postgres::Connection& connection, const StreamState& state,
                          const std::string& bookmark, int64_t reset_generation);

// Every stream, or those of one destination schema.
absl::StatusOr<v1::GetStateResponse> ReadStates(postgres::Connection& connection,
                                                const std::string& schema);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_STREAM_STATE_H_

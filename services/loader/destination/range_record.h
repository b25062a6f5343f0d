#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_RANGE_RECORD_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_RANGE_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/batch.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "postgres/transaction.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// What _lockstitch keeps of a load's ranges and their chunks. Every function runs within a
// transaction of the caller's that has locked the stream's row. What returns nothing writes with
// the next statement, the commit at the latest.

// A range, and what its durable chunks hold together.
struct RangeRecord {
  v1::PlannedRange planned;
  v1::Extent durable;
  int64_t attempt = 0;  // How often it was opened.
};

// Ranges of the load in the order of their numbers.
absl::StatusOr<std::vector<RangeRecord>> ReadRanges(postgres::Connection& connection,
                                                    const LoadRecord& load);
// Asks for them, and reads them from the answer.
postgres::Connection::Statement AskForRanges(const LoadRecord& load);
std::vector<RangeRecord> RangesOf(const postgres::Result& answer);

// Only number, bounds, and whether it is a closing one or one of keys are kept.
void InsertRange(postgres::Connection& connection, const LoadRecord& load,
                 const v1::PlannedRange& range);

// A range that has been opened for writing.
struct OpenedRange {
  v1::LoadOpened answer;
  bool closing = false;
  bool keys = false;
};
// Raises its attempt by one, and commits, also where it then refuses. LOAD_NOT_BEGUN if the load
// has no such range; PROTOCOL_VIOLATED for a closing range, or one of keys, before its turn.
absl::StatusOr<OpenedRange> OpenRange(postgres::Transaction transaction, const LoadRecord& load,
                                      uint32_t range);

// RANGE_SUPERSEDED unless `attempt` is the range's present one.
absl::Status TestAttempt(postgres::Connection& connection, const LoadRecord& load, uint32_t range,
                         uint32_t attempt);

// What a chunk has come to.
struct ChunkOutcome {
  std::optional<std::string> last_key;  // The greatest replication key among its rows.
  int64_t deleted = 0;                  // Of keys: rows marked or deleted.
  int64_t unseen = 0;                   // Of keys: those that the destination table lacks.
};

// Records a chunk as committed by the caller's transaction.
void InsertChunk(postgres::Connection& connection, const LoadRecord& load, uint32_t range,
                 const v1::ChunkEnd& chunk, const ChunkOutcome& outcome);

// Rows and bytes that the run committed to this load, 0 for none, and in mode CHANGES to those of
// its earlier extractions, and the rows it deleted or marked; and its rows in all, whatever became
// of the loads. Keys are no rows.
absl::Status CountRun(postgres::Connection& connection, const StreamState& state,
                      const std::string& run_id, int64_t load_id, v1::LoadResult* result);

// What the rows from the stream's bookmark on were when `last`, the load that the destination table
// was last altered for, left them there; nullopt if it read them from another bookmark, was not
// published, or had not just one chunk, or if the same rows once more would move the bookmark under
// this horizon.
struct AppliedRows {
  v1::Extent extent;
  std::optional<std::string> last_key;  // The greatest.
};
absl::StatusOr<std::optional<AppliedRows>> LastAppliedFromBookmark(
    postgres::Connection& connection, const StreamState& state, const LoadRecord& last,
    const std::optional<std::string>& horizon);

// Whether chunks of the load were read from several snapshots.
absl::StatusOr<bool> HasSeveralSnapshots(postgres::Connection& connection, const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_RANGE_RECORD_H_

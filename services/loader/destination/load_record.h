#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_RECORD_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/batch.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// What _lockstitch keeps of a load, its ranges and their chunks. Every function runs within a
// transaction of the caller's that has locked the stream's row.
struct LoadRecord {
  int64_t stream_id = 0;
  int64_t fence = 0;
  std::string run_id;
  std::string extraction_id;
  bool open = false;
  std::string load_table;  // In the schema _lockstitch.
  int64_t load_oid = 0;
  std::string destination_table;
  std::vector<std::string> key_columns;  // Empty: the table gets no key.
  v1::ReplicationMethod method = v1::REPLICATION_METHOD_FULL_TABLE;
  v1::SourceIdentity source;
  v1::LoadPlan plan;
};

absl::Status InsertLoad(postgres::Connection& connection, const LoadRecord& load,
                        const v1::BeginLoadRequest& request);

// The load of this fence, if it has begun.
absl::StatusOr<std::optional<LoadRecord>> FindLoad(postgres::Connection& connection,
                                                   const StreamState& state, int64_t fence);

// The source's columns that the stream's last published load knew, loaded or not; empty if there is
// none.
absl::StatusOr<std::set<std::string>> KnownColumns(postgres::Connection& connection,
                                                   const StreamState& state);

// Loads of the stream with smaller fences whose tables may still be there.
struct Leftover {
  int64_t fence = 0;
  std::string load_table;
  int64_t load_oid = 0;
};
absl::StatusOr<std::vector<Leftover>> Leftovers(postgres::Connection& connection,
                                                const StreamState& state, int64_t before_fence);

// 'published', 'aborted' or 'superseded', each for good.
absl::Status EndLoad(postgres::Connection& connection, int64_t stream_id, int64_t fence,
                     absl::string_view state);

// How far a range is, after raising its attempt by one. LOAD_NOT_BEGUN if the load has no such
// range.
absl::StatusOr<v1::LoadOpened> RaiseAttempt(postgres::Connection& connection,
                                            const LoadRecord& load, uint32_t range);

// RANGE_SUPERSEDED unless `attempt` is the range's present one.
absl::Status TestAttempt(postgres::Connection& connection, const LoadRecord& load, uint32_t range,
                         uint32_t attempt);

// Records a chunk as committed by the caller's transaction.
absl::Status InsertChunk(postgres::Connection& connection, const LoadRecord& load, uint32_t range,
                         const v1::ChunkEnd& chunk);

// Every range of the load by its number: what its durable chunks hold, and whether it is durable to
// its end.
struct DurableRange {
  bool complete = false;
  v1::Extent extent;
};
absl::StatusOr<std::map<uint32_t, DurableRange>> DurableRanges(postgres::Connection& connection,
                                                               const LoadRecord& load);

// Rows and bytes of the chunks that the run committed to its load with this fence, whatever became
// of it.
absl::Status CountRun(postgres::Connection& connection, const StreamState& state,
                      const std::string& run_id, int64_t fence, v1::LoadResult* result);

// Stores what a published load leaves behind in the stream's row, and removes records older than 30
// days.
absl::Status RecordPublished(postgres::Connection& connection, const StreamState& state,
                             const LoadRecord& load, int64_t table_version);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_RECORD_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CONTINUATION_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CONTINUATION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/change.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"
#include "services/loader/destination/table_form.h"

namespace lockstitch::loader {

// Whether an incremental stream's next load goes on from what earlier ones left, where `wanted` is
// what the load would be.

// What differs between two loads of a stream, but for their columns. Pure.
struct StreamDifference {
  // In an incremental stream, why the rows of one aren't those of the other; empty if they are.
  std::string why_anew;
  // With sentences for the job's log.
  std::vector<v1::SchemaChange> changes;
};

// Method, replication key, key, filter and the table itself. The wanted load's names are those that
// it gets at the destination. Where settings.backfill is NONE another filter holds from now on.
StreamDifference CompareStreams(const LoadRecord& last, const LoadRecord& wanted);

// What is missing in the destination table, of which `form` tells, that changes are written by:
// what the last load has left there and the wanted one loads. nullopt if nothing is.
std::optional<std::string> DefectOf(const TableForm& form, const v1::LoadPlan& last,
                                    const v1::LoadPlan& wanted);

// REPLICATION_KEY_CHANGED if the column by which both loads are read has another type now, unless
// that is a wider one: the bookmark stays what it was.
absl::Status TestReplicationKey(const LoadRecord& last, const LoadRecord& wanted);

// What earlier runs have left of a first load.
struct Unfinished {
  std::optional<LoadRecord> load;  // To be taken over.
  std::string obstacle;            // Why it can't be, for the job's log; empty if there is none.
};

// To be taken over is a load of the same settings, columns and source, which is not behind where
// the load's snapshot read it, and with a known horizon. Within a transaction of the caller's that
// has locked the stream's row.
absl::StatusOr<Unfinished> FindUnfinished(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& wanted);

// Whether `position` is known to be an earlier point of the write-ahead log than `other`, each as
// text, either of them maybe empty.
absl::StatusOr<bool> IsBehind(const std::string& position, const std::string& other);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CONTINUATION_H_

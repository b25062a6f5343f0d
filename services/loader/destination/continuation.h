#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CONTINUATION_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CONTINUATION_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// Whether an incremental stream's next load goes on from what earlier ones left, where `wanted` is
// what the load would be. Within a transaction of the caller's that has locked the stream's row.

// `last` is the last published load. Why the bookmark can't be gone on from, for the job's log: the
// settings or the columns are others than those of the last load, or the destination table isn't as
// that load left it. nullopt if it can, or if there is none and never was.
absl::StatusOr<std::optional<std::string>> WhyFromTheBeginning(
    postgres::Connection& connection, const StreamState& state,
    const std::optional<LoadRecord>& last, const LoadRecord& wanted);

// What earlier runs have left of a first load.
struct Unfinished {
  std::optional<LoadRecord> load;  // To be taken over.
  std::string obstacle;            // Why it can't be, for the job's log; empty if there is none.
};

// To be taken over is a load of the same settings, columns and source, which is not behind where
// the load's snapshot read it, and with a known horizon.
absl::StatusOr<Unfinished> FindUnfinished(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& wanted);

// Whether `source` is known to be at an earlier point of its write-ahead log than `position`, each
// as text, either of them maybe empty.
absl::StatusOr<bool> IsBehind(postgres::Connection& connection, const v1::SourceIdentity& source,
                              const std::string& position);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CONTINUATION_H_

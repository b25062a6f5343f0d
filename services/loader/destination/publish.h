#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/change.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/carry_over.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// Why the load's rows are to be merged into the destination table, as clauses: it must stay. Empty
// if the load table may take its place, or there is none. `oid` is the destination table's, `last`
// the stream's last published load.
absl::StatusOr<std::vector<std::string>> WhyMerge(postgres::Connection& connection, int64_t oid,
                                                  const std::optional<LoadRecord>& last);

// Where the load's rows are now.
struct Placed {
  int64_t oid = 0;
  int64_t table_version = 0;
  std::vector<std::string> notes;  // For the job's log.
  // Where it was merged, in the place of the plan's.
  std::vector<v1::SchemaChange> changes;
};

// Gets the rows of a load table to where readers see them, within a transaction of the caller's:
// they see the old ones until it commits, and the new ones from then on. The load table takes the
// place of the destination table, whose indexes `built` tells of, or is merged into it where
// `why_merge` isn't empty, or something has come upon the table since that says so. Waits a second
// at most for each lock, so that no queue of readers forms behind: then DESTINATION_TABLE_LOCKED,
// to be prepared and tried again in a new transaction, like a deadlock, and where there are other
// indexes by now. Errors of Merge.
absl::StatusOr<Placed> Place(postgres::Connection& connection, const StreamState& state,
                             const LoadRecord& load, const std::optional<LoadRecord>& last,
                             const std::vector<std::string>& why_merge,
                             const std::vector<UsersIndex>& built);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_

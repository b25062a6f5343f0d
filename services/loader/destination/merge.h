#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_MERGE_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_MERGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/change.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// Makes the rows of the stream's destination table, of OID `oid`, those of the load table, which
// goes. `last` has published the table, and the caller has locked it IN ROW EXCLUSIVE MODE. Within
// a transaction of the caller's, in which nothing waits for a lock for more than a few seconds:
// what then fails with lock_not_available, and a deadlock, may be tried again in a new one. Readers
// see the old rows until it commits.
//
// Where the table has the load's key, rows that the load hasn't are deleted, those that differ are
// updated, those that are new are inserted, and users' columns keep their values, as do retired
// ones that aren't empty. Elsewhere all rows are deleted and inserted, and the last load's key
// gives way to this one's, of which readers have to wait for the end. No statement names users'
// columns, and what inherits from the table stays.
//
// What the load is kept with tells of the table's columns as they are then. AlterForMerge has made
// them what they must be: what has changed since, or come upon the table, is altered first, and
// then readers wait from there on to the end. DESTINATION_CONSTRAINT_VIOLATED for a constraint of a
// user's; DESTINATION_TABLE_IN_USE for what keeps such statements from doing what they say.
struct Merged {
  std::string rows;                       // In words, how many it was about.
  std::vector<v1::SchemaChange> changes;  // In the place of the plan's.
  std::vector<std::string> notes;         // In words, what the plan doesn't say.
};
absl::StatusOr<Merged> Merge(postgres::Connection& connection, const StreamState& state,
                             const LoadRecord& load, const LoadRecord& last, int64_t oid);

// What the load's changes will be if it comes to that. DESTINATION_COLUMNS_EXCEEDED if it can't.
absl::StatusOr<std::vector<v1::SchemaChange>> ForeseeMerge(postgres::Connection& connection,
                                                           const LoadRecord& load,
                                                           const LoadRecord& last, int64_t oid);

// Alters the table's columns for the merge ahead of it, as for a load of changes: additions and
// wider types, and what `last` is kept with tells of them. Within a short transaction of the
// caller's, so that readers wait for that alone. If no merge comes after it, the next load finds
// them so. May be repeated. Errors of AlterTable; DESTINATION_COLUMNS_EXCEEDED.
absl::Status AlterForMerge(postgres::Connection& connection, const StreamState& state,
                           const LoadRecord& load, const LoadRecord& last, int64_t oid);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_MERGE_H_

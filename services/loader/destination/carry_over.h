#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// What users have put on a destination table and what goes over to the table that takes its place:
// indexes, extended statistics, grants, comments, parameters. What can't go over keeps the old
// table where it is: see obstacles.h.

// Builds the old table's indexes on the load table, under names of their own. Answers, for the
// job's log, which can't be since their columns are gone. May be repeated. Within a transaction of
// the caller's. DESTINATION_CONSTRAINT_VIOLATED for rows that a unique one doesn't take.
absl::StatusOr<std::vector<std::string>> BuildIndexes(postgres::Connection& connection,
                                                      int64_t old_oid, const LoadRecord& load);

// Gives the load table the grants and comments of the old one, its storage parameters, and what is
// set for columns: defaults, statistics targets and options, how they are stored. Owners aren't
// copied.
absl::Status CopyProperties(postgres::Connection& connection, int64_t old_oid,
                            const LoadRecord& load);

// What needs the old table's names, as statements for the time when the load table and its indexes
// have them: extended statistics, comments on them and on indexes, replica identity, the index to
// CLUSTER by. RunRest answers which of them have lost their columns or their index.
absl::StatusOr<std::vector<std::string>> RestAfterSwap(postgres::Connection& connection,
                                                       int64_t old_oid);
absl::StatusOr<std::vector<std::string>> RunRest(postgres::Connection& connection,
                                                 const std::vector<std::string>& statements);

// The old table's index names, by which TakeIndexNames renames the load table's once the old ones
// are gone. `schema` is where the load table is by then.
absl::StatusOr<std::vector<std::string>> IndexNames(postgres::Connection& connection,
                                                    int64_t old_oid);
absl::Status TakeIndexNames(postgres::Connection& connection, const std::string& schema,
                            const LoadRecord& load, const std::vector<std::string>& names);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_

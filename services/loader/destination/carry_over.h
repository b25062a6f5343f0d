#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// What users have put on a destination table and what goes over to the table that takes its place:
// indexes, grants, comments. What can't go over keeps the old table where it is.

// Builds the old table's indexes on the load table, under names of their own. One whose columns are
// gone is left out. May be repeated. Within a transaction of the caller's.
absl::Status BuildIndexes(postgres::Connection& connection, int64_t old_oid,
                          const LoadRecord& load);

// DESTINATION_TABLE_IN_USE if the table has what would be lost with it: row-level security,
// triggers, rules, constraints, membership in a publication.
absl::Status TestReplaceable(postgres::Connection& connection, int64_t old_oid);

// Gives the load table the grants and comments of the old one. Owners aren't copied.
absl::Status CopyGrantsAndComments(postgres::Connection& connection, int64_t old_oid,
                                   const LoadRecord& load);

// The old table's index names, by which TakeIndexNames renames the load table's once the old ones
// are gone. `schema` is where the load table is by then.
absl::StatusOr<std::vector<std::string>> IndexNames(postgres::Connection& connection,
                                                    int64_t old_oid);
absl::Status TakeIndexNames(postgres::Connection& connection, const std::string& schema,
                            const LoadRecord& load, const std::vector<std::string>& names);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_

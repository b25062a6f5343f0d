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

// An index that users have made on the old table. It stays the same one while it has its OID:
// users may give it another name.
struct UsersIndex {
  int64_t oid = 0;
  std::string name;
};

// Builds the old table's indexes on the load table, under names that tell of whose place each is to
// take. May be repeated, when what has been built in vain meanwhile goes. Within a transaction of
// the caller's. DESTINATION_CONSTRAINT_VIOLATED for rows that a unique one doesn't take.
struct BuiltIndexes {
  std::vector<UsersIndex> of;  // All of the old table's, those that can't be as well.
  std::vector<std::string>
      notes;  // Which can't be, since their columns are gone. For the job's log.
};
absl::StatusOr<BuiltIndexes> BuildIndexes(postgres::Connection& connection, int64_t old_oid,
                                          const LoadRecord& load);

// Gives the load table the grants of the old one and no others, its comments and storage
// parameters, and what is set for columns: defaults, statistics targets and options, how they are
// stored. Owners aren't copied. Answers what needs the old table's names, as statements for the
// time when the load table and its indexes have them: extended statistics, comments on them and on
// indexes, replica identity, the index to CLUSTER by. RunRest answers which of them have lost their
// columns or their index.
absl::StatusOr<std::vector<std::string>> CopyProperties(postgres::Connection& connection,
                                                        int64_t old_oid, const LoadRecord& load);
absl::StatusOr<std::vector<std::string>> RunRest(postgres::Connection& connection,
                                                 const std::vector<std::string>& statements);

// The old table's indexes as they are now, if they are the `built` ones still: with the table
// locked nobody can change them. DESTINATION_TABLE_LOCKED if they aren't: the load is to be
// prepared again.
absl::StatusOr<std::vector<UsersIndex>> TestIndexes(postgres::Connection& connection,
                                                    int64_t old_oid,
                                                    const std::vector<UsersIndex>& built);

// Gives the load table's indexes the names of these, which are gone by now. `schema` is where the
// load table is.
absl::Status TakeIndexNames(postgres::Connection& connection, const std::string& schema,
                            const LoadRecord& load, const std::vector<UsersIndex>& indexes);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CARRY_OVER_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_TABLE_STATEMENTS_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_TABLE_STATEMENTS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Statements upon the rows of a destination table, among what its users have put on it: whether
// they do what they say, and what they fail for. `table` is the table of OID `oid` as SQL. Within
// the transaction of the statements, which has locked the table against changes of its form.

// DESTINATION_TABLE_IN_USE where row-level security would hide rows, or a rule acts instead.
absl::Status TestStatements(postgres::Connection& connection, int64_t oid,
                            const std::string& table);

// Before rows are deleted only to be inserted again: DESTINATION_TABLE_IN_USE where a foreign key
// would take it for their end, and delete or empty rows of users' tables.
absl::Status TestReinsertion(postgres::Connection& connection, int64_t oid,
                             const std::string& table);

// After the last statement: constraints that users have deferred speak up here rather than at the
// commit. Errors are explained.
absl::Status TestDeferredConstraints(postgres::Connection& connection);

// What such a statement has failed for, as its user knows it: DESTINATION_CONSTRAINT_VIOLATED for
// a constraint, which must be a user's; DESTINATION_TABLE_IN_USE for a publication that can't tell
// rows apart.
absl::Status ExplainStatement(const absl::Status& failure);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_TABLE_STATEMENTS_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_DELETES_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_DELETES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// How rows that were deleted at the source are found: the keys of all rows of the load's snapshot
// come into a temporary table, and in the transaction that commits them, once all rows of that
// snapshot are durable and with the load's claim tested, each row of the destination table whose
// key isn't among them is deleted or marked. No later snapshot can have loaded such a row: its draw
// would have superseded the claim. The comparison is one of PostgreSQL's joins, in its work_mem.

// Makes the temporary table and answers its name as SQL. Keys are equal where the destination's own
// key says so. DESTINATION_CONFLICT if the table has no such key any more.
absl::StatusOr<std::string> CreateKeyStaging(postgres::Connection& connection,
                                             const StreamState& state, const LoadRecord& load);

// COPY ... FROM STDIN into it, columns in the order of the plan's keys.
std::string CopyKeysInto(const std::string& staging, const v1::LoadPlan& plan);

// Compares. Marks are taken back from rows that are there again. Within the transaction of the
// range's chunk, which has locked the table and tested the claim. Errors of table_statements.h, as
// where a user's foreign key refers to a row that is to be deleted; DESTINATION_CONFLICT if the
// table is no longer that which the stream's row tells of.
absl::StatusOr<ChunkOutcome> ApplyDeletes(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& load);

// Stores when a published load has compared keys, tells of it in `result`, whose deleted rows are
// counted already. A load of the whole table has the next one compare. Within the transaction that
// publishes.
absl::Status RecordComparison(postgres::Connection& connection, const LoadRecord& load,
                              v1::LoadResult* result);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_DELETES_H_

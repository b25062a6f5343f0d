#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_TABLE_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// The table that a load's rows go to before they are published. It lives in the schema _lockstitch,
// where readers don't look, its name carries the fence, and it is never UNLOGGED: a destination's
// crash would empty it behind the records of its durable ranges.

// _lockstitch_load_STREAM_FENCE.
std::string LoadTableName(int64_t stream_id, int64_t fence);

// The columns of a table that holds the plan's rows, as CREATE TABLE wants them. System columns
// are filled by their defaults.
std::string ColumnDefinitions(const v1::LoadPlan& plan);

// Makes the destination schema where it is missing, and the load's table with the privileges that
// the schema's defaults give. Its key takes no NULLs from the start, so that the rows need not be
// read once more for it. System columns, and retired ones behind all others, are there as well, but
// where FinishTable adds them. Answers the table's OID. Within a transaction of the caller's.
absl::StatusOr<int64_t> CreateLoadTable(postgres::Connection& connection, const std::string& schema,
                                        const LoadRecord& load);

// COPY ... FROM STDIN into `table`, which is SQL, columns in the order of the plan.
std::string CopyInto(const std::string& table, const v1::LoadPlan& plan);

// The load table as SQL.
std::string QuotedLoadTable(const LoadRecord& load);

// Takes away what the load's closing range reads again where no key tells its rows: those at or
// past the horizon, and those without a replication key. Within the transaction of the range's
// chunk.
absl::Status MakeRoomForClosing(postgres::Connection& connection, const LoadRecord& load);

// Where rows of one key have come from several snapshots, or from a view that has several, leaves
// one each: that of the newest snapshot, and of one snapshot's that with the greatest replication
// key. Within a transaction of the caller's.
absl::Status LeaveNewest(postgres::Connection& connection, const LoadRecord& load);

// The greatest replication key in the table that counts for a bookmark, as far as the load's
// horizon lets it move.
absl::StatusOr<std::optional<std::string>> BookmarkOf(postgres::Connection& connection,
                                                      const LoadRecord& load);

// Ends every other session of a loader that holds a lock on the table: a stopped loader's COPY is
// caught by no timeout.
absl::Status EndOtherLoaders(postgres::Connection& connection, const std::string& name,
                             int64_t oid);

// Drops the table if it is still there, after ending who uses it. Waits for locks a few seconds at
// most.
absl::Status DropLoadTable(postgres::Connection& connection, const std::string& name, int64_t oid);

// `failure` as its user knows the table: by the destination's name in place of the load's. For
// loads that have one.
absl::Status WithoutLoadTable(const absl::Status& failure, const LoadRecord& load);

// Keeps everybody else from the table until the caller's transaction ends. Waits a few seconds at
// most.
absl::Status LockLoadTable(postgres::Connection& connection, const LoadRecord& load);

// Takes the system columns' defaults away and builds the primary key. To the table of a load of
// mode REPLACE it first adds the system columns, from PostgreSQL 11 on: all rows get the same
// values at once, of which none is written. May be repeated. Within a transaction of the caller's;
// waits a few seconds at most for locks.
absl::Status FinishTable(postgres::Connection& connection, const LoadRecord& load);

// Undoes what FinishTable, and whoever built indexes, did to the table of a load that goes on: more
// rows are to come, of which some have keys that are there. Within a transaction of the caller's.
absl::Status ReopenTable(postgres::Connection& connection, const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_TABLE_H_

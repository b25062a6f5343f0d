#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_TABLE_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// The table that a load's rows go to before they are published. It lives in the schema _lockstitch,
// where readers don't look, its name carries the fence, and it is never UNLOGGED: a destination's
// crash would empty it behind the records of its durable ranges.

// _lockstitch_load_STREAM_FENCE.
std::string LoadTableName(int64_t stream_id, int64_t fence);

// What the system columns of a load hold; all rows of it hold the same but for _sdc_batched_at.
struct SystemValues {
  v1::SystemColumns columns = v1::SYSTEM_COLUMNS_NONE;
  absl::Time extracted_at;
  int64_t table_version = 0;
};

// Makes the destination schema where it is missing, and the table with the privileges that the
// schema's defaults give. System columns are filled by column defaults. Answers the table's OID.
// Within a transaction of the caller's.
absl::StatusOr<int64_t> CreateLoadTable(postgres::Connection& connection, const std::string& schema,
                                        const std::string& name,
                                        const std::vector<v1::ColumnMapping>& columns,
                                        const SystemValues& system);

// COPY ... FROM STDIN into the table, columns in the order of the plan.
std::string CopyIntoLoadTable(const LoadRecord& load);

// Ends every other session of a loader that holds a lock on the table: a stopped loader's COPY is
// caught by no timeout.
absl::Status EndOtherLoaders(postgres::Connection& connection, const std::string& name,
                             int64_t oid);

// Drops the table if it is still there, after ending who uses it. Waits for locks a few seconds at
// most.
absl::Status DropLoadTable(postgres::Connection& connection, const std::string& name, int64_t oid);

// `failure` as its user knows the table: by the destination's name in place of the load's.
absl::Status WithoutLoadTable(const absl::Status& failure, const LoadRecord& load);

// Takes the system columns' defaults away and builds the primary key. May be repeated. Within a
// transaction of the caller's; waits a few seconds at most for locks.
absl::Status FinishTable(postgres::Connection& connection, const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_TABLE_H_

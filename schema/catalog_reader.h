#ifndef LOCKSTITCH_SCHEMA_CATALOG_READER_H_
#define LOCKSTITCH_SCHEMA_CATALOG_READER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "postgres/connection.h"

namespace lockstitch::schema {

// Every table and view of a source that isn't the system's, ordered by schema and name. Partitions
// are left out: their parent stands for them. Always the same few queries, however many tables
// there are.
absl::StatusOr<std::vector<v1::Table>> ReadTables(postgres::Connection& connection);

// The one table with this pg_class.oid. STREAM_NOT_FOUND if it is gone.
absl::StatusOr<v1::Table> ReadTable(postgres::Connection& connection, int64_t oid);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_CATALOG_READER_H_

#ifndef LOCKSTITCH_SCHEMA_CATALOG_READER_H_
#define LOCKSTITCH_SCHEMA_CATALOG_READER_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "postgres/connection.h"

namespace lockstitch::schema {

// Takes one table; an error ends the reading.
using TableSink = std::function<absl::Status(v1::Table table)>;

// Hands over every table and view of a source that isn't the system's, ordered by schema and name,
// as soon as it is complete. Partitions are left out: their parent stands for them. Always the same
// few queries, however many tables there are, and as little memory. Within a REPEATABLE READ
// transaction of `connection`, so that all of them see one catalog.
absl::Status ReadTables(postgres::Connection& connection, const TableSink& sink);

// The one table with this pg_class.oid, likewise. STREAM_NOT_FOUND if it is gone.
absl::StatusOr<v1::Table> ReadTable(postgres::Connection& connection, int64_t oid);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_CATALOG_READER_H_

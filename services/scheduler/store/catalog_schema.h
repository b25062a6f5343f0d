#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_CATALOG_SCHEMA_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_CATALOG_SCHEMA_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/connection.h"

namespace lockstitch::scheduler {

// The version of the catalog database's schema `lockstitch` that this binary reads and writes.
inline constexpr int kCatalogVersion = 4;

// The version that the catalog database has; 0 if it has none. CATALOG_TOO_NEW if a newer binary
// made it.
absl::StatusOr<int> CatalogVersion(postgres::Connection& connection);

// Makes the schema, or brings it forward to version `to`, in one transaction under an advisory
// lock: of schedulers that start at once one does it and the others wait. Never goes back.
absl::Status MigrateCatalog(postgres::Connection& connection, int to = kCatalogVersion);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_CATALOG_SCHEMA_H_

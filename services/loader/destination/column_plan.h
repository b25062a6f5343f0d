#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_PLAN_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// What becomes of a table's columns at this destination.
struct ColumnPlan {
  std::vector<v1::ColumnMapping> columns;  // In the table's order.
  std::vector<std::string> key_columns;  // Of the destination table's primary key; empty for none.
  std::vector<std::string> notes;        // What the user should know.
};

// Maps every column by schema::MapType, asking the destination which types it has.
// COLUMN_UNSUPPORTED for columns that can't be read, DESTINATION_NAME_RESERVED for names that
// `system_columns` takes: all of them in one message.
absl::StatusOr<ColumnPlan> PlanColumns(postgres::Connection& connection, const v1::Table& table,
                                       v1::SystemColumns system_columns);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_PLAN_H_

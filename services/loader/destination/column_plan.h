#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_PLAN_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_PLAN_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// What becomes of a table's columns at this destination.
struct ColumnPlan {
  std::vector<v1::ColumnMapping> columns;  // In the table's order.
  std::vector<std::string> key_columns;  // Of the destination table's primary key; empty for none.
  std::vector<std::string> notes;        // What the user should know.
};

// Maps every column by schema::MapType, asking the destination which types it has, and names it by
// schema::DestinationColumns. Where the request wants new columns ignored, those that are neither
// in `known` nor named stay away; `known` are those that the stream's last published load knew,
// empty if there is none. COLUMN_UNSUPPORTED for columns that can't be read, and the naming's
// errors: all columns in one message.
absl::StatusOr<ColumnPlan> PlanColumns(postgres::Connection& connection,
                                       const v1::BeginLoadRequest& request,
                                       const std::set<std::string>& known);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_PLAN_H_

#ifndef LOCKSTITCH_SCHEMA_OBSTACLES_H_
#define LOCKSTITCH_SCHEMA_OBSTACLES_H_

#include <string>

#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::schema {

// What the source lets its user do with one table.
struct TableAccess {
  std::string user;
  bool may_select = true;      // The whole table.
  bool may_use_schema = true;  // Find it at all.
  bool row_security = false;   // Policies would hide rows from the user.
  bool populated = true;       // False for a materialized view that was never refreshed.
};

// Says why `column` of `table` can't be selected, if so. `granted`: the user may read the column by
// a grant of its own.
void SetObstacle(const TableAccess& access, const v1::TableName& table, bool granted,
                 v1::Column* column);

// Says why the table, whose columns are complete, can't be selected, if so.
void SetObstacle(const TableAccess& access, v1::Table* table);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_OBSTACLES_H_

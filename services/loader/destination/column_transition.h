#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_TRANSITION_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_TRANSITION_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/change.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/loader/destination/table_form.h"

namespace lockstitch::loader {

// How the columns of a destination table get from what the last load left to what the next one
// wants. Pure: nothing is asked or written.
//
// Ours are the columns that the last plan tells of: loaded ones, retired ones, system columns,
// _sdc_deleted_at. All others of the table are its users', and keep their names. A source column
// keeps its destination column as long as the type does; a wider type alters it; any other type
// makes a second one, and the first is retired: kept, and NULL in whatever row is written from then
// on. What was retired is taken up again once its column and type come back. So is what was added
// ahead for a load that hasn't come: the plan tells of it as retired and awaited.

// What is said of columns besides, so that people know what becomes of rows that were loaded
// before.
struct SourceColumns {
  std::set<std::string> filled;     // Have values in rows from before them as well.
  std::set<std::string> defaulted;  // May have: they have a default, maybe since later.
  std::set<std::string> present;    // Of the table at the source, though they aren't loaded.
};
SourceColumns SourceColumnsOf(const v1::BeginLoadRequest& request);

struct ColumnTransition {
  // The wanted one, its columns in their order, with the names that they get and with what is
  // retired. What the load is to be kept with once its rows are in the table. It tells the wanted
  // one's changes alone.
  v1::LoadPlan plan;
  // The destination columns by the names that the wanted plan had for them.
  std::map<std::string, std::string> names;
  // Parts of one ALTER TABLE of the destination table; empty if it stays, or is made anew.
  std::vector<std::string> actions;
  // The columns that `actions` add.
  std::vector<v1::RetiredColumn> added;
  // In the order of the columns, with sentences for the job's log.
  std::vector<v1::SchemaChange> changes;
  // Source columns that rows loaded before have no values of: added ones and those of another type.
  std::vector<std::string> without_values;

  // The wanted plan's key columns as the table has them.
  std::vector<std::string> KeyColumns(const std::vector<std::string>& wanted) const;
};

// Of a table that stays. `last` is what it was loaded with, `table` its form; what `last` tells of
// and the wanted plan still loads must be there (see continuation.h). DESTINATION_COLUMNS_EXCEEDED.
absl::StatusOr<ColumnTransition> AlterColumns(const v1::LoadPlan& last, const v1::LoadPlan& wanted,
                                              const TableForm& table, const SourceColumns& source);

// Of a table that stays too, and that all rows of a load's own table are merged into. `wanted` is
// the load's plan, as RemakeColumns has made it: its table's columns are the keys of `names`, the
// destination's the values. What users have dropped, or altered, of what `last` tells of is as they
// left it. DESTINATION_COLUMNS_EXCEEDED.
absl::StatusOr<ColumnTransition> MergeColumns(const v1::LoadPlan& last, const v1::LoadPlan& wanted,
                                              const TableForm& table);

// Of a table that is made anew to take the place of one that was loaded with `last`; nullptr if
// there was none, or it is to be forgotten. Retired columns whose values are not to go on, since
// the wanted plan doesn't keep them or has them elsewhere, are empty from here on.
// DESTINATION_COLUMNS_EXCEEDED.
absl::StatusOr<ColumnTransition> RemakeColumns(const v1::LoadPlan* last, const v1::LoadPlan& wanted,
                                               const SourceColumns& source);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_COLUMN_TRANSITION_H_

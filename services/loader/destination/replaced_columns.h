#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLACED_COLUMNS_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLACED_COLUMNS_H_

#include <vector>

#include "lockstitch/v1/change.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::loader {

// Columns of the source's table that have taken the names of others since the last load: swapped by
// renames, or made anew in their place. As the numbers of columns tell, where both loads know them;
// nothing of a table that was itself made again. `plan` goes on with the destination table: the
// columns' values go where those of the others went. Each with a sentence for the job's log. Pure.
std::vector<v1::SchemaChange> ReplacedColumns(const v1::LoadPlan& last, const v1::LoadPlan& plan);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLACED_COLUMNS_H_

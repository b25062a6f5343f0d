#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_ROW_MATCH_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_ROW_MATCH_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// SQL: whether `new`, a row of the load table, which has its primary key, is `old`, a row of the
// destination table. `names` are the destination's columns by the load table's, where they differ.
absl::StatusOr<std::string> RowMatch(postgres::Connection& connection, const LoadRecord& load,
                                     const std::map<std::string, std::string>& names = {});

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_ROW_MATCH_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_OBSTACLES_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_OBSTACLES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// The columns of a destination table that a load of this plan has made or kept: every other one is
// the user's.
std::vector<std::string> ColumnsOf(const v1::LoadPlan& plan);

// What keeps a destination table, which `last` has published, from being dropped for another to
// take its place: what would be broken or lost by it. Each is a clause such as "view public.report
// depends on it". Empty if it can go, once what carry_over.h knows has gone over. It holds for as
// long as nobody else can change the table's form.
absl::StatusOr<std::vector<std::string>> FindObstacles(postgres::Connection& connection,
                                                       int64_t oid, const LoadRecord& last);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_OBSTACLES_H_

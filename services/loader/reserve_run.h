#ifndef LOCKSTITCH_SERVICES_LOADER_RESERVE_RUN_H_
#define LOCKSTITCH_SERVICES_LOADER_RESERVE_RUN_H_

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Draws the run's fence, or answers its kept result. Another run that commits for so long that it
// keeps the draw waiting is ended: the later run wins.
absl::StatusOr<v1::ReserveRunResponse> DrawForRun(postgres::Connection& connection,
                                                  const v1::ReserveRunRequest& request);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_RESERVE_RUN_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_FINISH_LOAD_H_
#define LOCKSTITCH_SERVICES_LOADER_FINISH_LOAD_H_

#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "telemetry/metrics.h"

namespace lockstitch::loader {

// Publishes the load, and marks the run as ended in the same transaction; answers the kept result
// if it is already. LOAD_MISMATCH unless exactly the load's ranges are durable, each as its
// extraction reported it. Keeps trying for the locks that it needs until its
// deadline, or until a stop is requested.
struct PublishOptions {
  telemetry::Metrics* metrics = nullptr;
  absl::Time deadline;
  std::stop_token stop;
};
absl::StatusOr<v1::LoadResult> PublishLoad(postgres::Connection& connection,
                                           const v1::FinishLoadRequest& request,
                                           const PublishOptions& options);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_FINISH_LOAD_H_

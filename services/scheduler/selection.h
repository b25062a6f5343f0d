#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// OK if the integration can be run as far as it alone tells; else INTEGRATION_INVALID with every
// problem at once.
absl::Status ValidateIntegration(const v1::Integration& integration);

// One stream that a job is to run.
struct SelectedStream {
  v1::StreamSettings settings;  // With its name in full and its method decided.
  v1::TableName table;
  int64_t size_bytes = 0;
  absl::Status problem;  // Why it can't run; the others can.
};

// What the integration selects from its source's catalog: the streams it names, or every table.
// INTEGRATION_INVALID if two of them would go to the same destination table.
absl::StatusOr<std::vector<SelectedStream>> SelectStreams(const v1::Integration& integration,
                                                          const std::vector<v1::Table>& catalog);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_

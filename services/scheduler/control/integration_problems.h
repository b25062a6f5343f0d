#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_PROBLEMS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_PROBLEMS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// Every problem that an integration has by itself where a scheduler is to keep it: those of its
// connections and selection, its schedule, webhooks, quota and limits. INTEGRATION_INVALID,
// CONNECTION_FILE_UNREADABLE and SCHEDULE_INVALID; empty if there is none.
std::vector<absl::Status> ProblemsOf(const v1::Integration& integration);

// All of them in one error with the first one's reason; OK if there is none.
absl::Status Together(absl::Span<const absl::Status> problems);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_PROBLEMS_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_DUE_JOBS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_DUE_JOBS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/scheduler/store/leader_store.h"

namespace lockstitch::scheduler {

// One thing that a plan does, for logs and metrics.
struct PlannedStep {
  std::string integration;  // Its id.
  std::string name;         // The integration's.
  std::string action;       // start, skip, next_slot, or invalid.
  int64_t slots = 0;        // Skipped.
  std::string reason;
};

// What is to be done about integrations that are due.
struct DuePlan {
  std::vector<PlannedSlot> slots;  // One an integration, for LeaderStore::Apply.
  std::vector<PlannedStep> steps;
  std::vector<int64_t> unreadable;  // Keys of those that are left as they are.
};

// Plans as PlanJobs does. An integration whose schedule this process can't read, say of a time zone
// that it doesn't know, is left as it is, and a step says so. Pure.
DuePlan PlanDue(const std::vector<DueIntegration>& due, absl::Time leading_since, absl::Time now);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_DUE_JOBS_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_SLOT_PREVIEW_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_SLOT_PREVIEW_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/scheduler/schedule/rule.h"

namespace lockstitch::scheduler {

// A slot to come, and why then, for people.
struct PreviewedSlot {
  absl::Time time;
  std::string reason;
};

inline constexpr int kMostPreviewedSlots = 1000;

// The first `count` slots of an integration that would be saved at `from`; fewer where the schedule
// ends, none of a manual one. USAGE_INVALID where `count` isn't 1 to 1,000, or the year of `from`
// isn't one that cron knows.
absl::StatusOr<std::vector<PreviewedSlot>> PreviewSlots(const Rule& rule, absl::Time from,
                                                        int count);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_SLOT_PREVIEW_H_

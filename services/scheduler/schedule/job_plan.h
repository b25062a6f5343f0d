#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_JOB_PLAN_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_JOB_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/scheduler/schedule/rule.h"

namespace lockstitch::scheduler {

// What is known of one integration. Who keeps it does the following besides what the plan says:
//
//   created, or its schedule edited   next_slot = nullopt, changed_at = that time
//   resumed                           changed_at = that time
//   a job starts for a slot           last_slot = the slot
//   a job starts by hand              next_slot = SlotAfterManualRun, last_slot = the start
//
// A slot that nobody has acted on by then is taken back by an edit, a pause or, of an interval, a
// job that starts by hand.
struct IntegrationStanding {
  int64_t integration = 0;
  std::string uid;
  Rule rule;
  bool paused = false;
  bool held = false;      // Its quota is used up.
  bool job_open = false;  // A job of it waits or runs.
  bool catch_up =
      false;  // Whether one slot of those missed is made up for; intervals always do so.
  absl::Time changed_at;  // When it was created, its schedule edited, or it was resumed last.
  std::optional<absl::Time> next_slot;  // nullopt if it isn't known yet, or there is none.
  std::optional<absl::Time> last_slot;  // nullopt before the first job.
};

// A job is to be made for a slot that has come.
struct StartJob {
  int64_t integration = 0;
  absl::Time slot;
  std::optional<absl::Time> next_slot;  // From now on.
  std::string reason;
};

enum class WhySkipped { kJobOpen, kQuota, kMissed };

// No job is made for slots that have come. They are to be recorded.
struct SkipSlots {
  int64_t integration = 0;
  absl::Time first;
  absl::Time last;
  int64_t count = 1;
  std::optional<absl::Time> next_slot;  // From now on.
  WhySkipped why = WhySkipped::kMissed;
  std::string reason;
};

// None has come, but another one is next than was known.
struct SetNextSlot {
  int64_t integration = 0;
  std::optional<absl::Time> next_slot;
  std::string reason;
};

using PlannedAction = std::variant<StartJob, SkipSlots, SetNextSlot>;

// What to do now, by a scheduler that leads since `leading_since`. Pure. Each slot is started or
// skipped once, in order; actions of one integration, at most two, are to be taken in the order
// given, and may be taken apart: what is left comes again with the next plan. In the order of the
// standings.
//
// * A slot that finds a job open is skipped, never queued; likewise while the quota is used up.
// * A slot that could not be acted on for more than a minute was missed. An interval makes up for
//   the last one that has passed, and keeps its step; so do others with catch_up. Without it they
//   wait for their next one.
// * Of several that have come, the last one may start a job; those before it were missed.
// * A paused integration has no slots. Once it is resumed, an interval whose slot has passed starts
//   at once and counts from there; others wait for their next slot.
// * Where a scheduler takes over, overdue intervals, and what is made up for, start over the first
//   minute (half a step, if that is shorter), each at a moment that its uid decides.
std::vector<PlannedAction> PlanJobs(absl::Span<const IntegrationStanding> standings,
                                    absl::Time leading_since, absl::Time now);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_JOB_PLAN_H_

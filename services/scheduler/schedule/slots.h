#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_SLOTS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_SLOTS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "services/scheduler/schedule/rule.h"

namespace lockstitch::scheduler {

// The slots of a rule. nullopt stands for none: a manual rule, or a cron expression that has ended.

// The slot that follows `slot`. Anchored intervals and cron have theirs whatever came before: of
// them it is the first one strictly after any time.
std::optional<absl::Time> NextSlot(const Rule& rule, absl::Time slot);

// The slot that is due first where a rule is new, was edited, or counts again after a pause, as of
// `since`. `last_slot` is what an interval goes on from: the slot of the last job, or when that job
// started if it was started by hand; nullopt before the first job. An interval is due once it has
// passed since then, at `since` at the earliest: a first job starts at once. Anchored intervals and
// cron wait for their next slot strictly after `since`.
std::optional<absl::Time> FirstSlot(const Rule& rule, absl::Time since,
                                    std::optional<absl::Time> last_slot);

// The slot that is due next once a job has been started by hand, where it was `next_slot`: an
// interval counts from that start, others go on as they were.
std::optional<absl::Time> SlotAfterManualRun(const Rule& rule, absl::Time started,
                                             std::optional<absl::Time> next_slot);

// Slots that follow each other.
struct SlotSpan {
  absl::Time first;
  absl::Time last;
  int64_t count = 1;
  std::optional<absl::Time> next;  // The one that follows.
};

// The slots from `first`, which is one, to `until`, which is no earlier. Counts cron's one by one:
// about a tenth of a second for a year of minutes.
SlotSpan SlotsUntil(const Rule& rule, absl::Time first, absl::Time until);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_SLOTS_H_

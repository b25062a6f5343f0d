#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_RULE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_RULE_H_

#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/schedule.pb.h"
#include "services/scheduler/schedule/cron.h"

namespace lockstitch::scheduler {

// The one way in which a schedule comes to its slots, the times at which jobs are due.

// Each slot is a step after the one before, or after a job that was started by hand.
struct Interval {
  absl::Duration every;
};
// Slots are anchor + k * every, before and after the anchor.
struct AnchoredInterval {
  absl::Time anchor;
  absl::Duration every;
};
// Slots are the times at which the expression fires.
struct Cron {
  CronExpression expression;
  absl::TimeZone zone;
};
// No slots.
struct Manual {};

using Rule = std::variant<Interval, AnchoredInterval, Cron, Manual>;

// SCHEDULE_INVALID names every problem of the schedule, also of fields that others keep from
// counting. What counts is the first of this order: manual; cron; an anchor with an `every` of an
// hour or more; `every`; with none of them it is every 60 minutes.
absl::StatusOr<Rule> RuleOf(const v1::Schedule& schedule);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_RULE_H_

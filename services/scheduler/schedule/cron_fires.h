#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_CRON_FIRES_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_CRON_FIRES_H_

#include <optional>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/scheduler/schedule/cron.h"

namespace lockstitch::scheduler {

// A time at which an expression fires.
struct CronFire {
  absl::Time time;
  absl::CivilMinute local;  // What the expression names; the clock shows another where it jumped.
};

// The first fire strictly after `after`, with the expression read in `zone`. A local time that a
// clock set forth leaves out fires when the clock jumps, together with all others left out then: no
// day loses its run, and fires keep the order of their local times. (Quartz lets it fall through.)
// One that a clock set back shows twice fires the first time alone. nullopt if it never fires
// again: after the last year it names, or 2099, or if no month has the day.
std::optional<CronFire> NextFire(const CronExpression& expression, absl::Time after,
                                 absl::TimeZone zone);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_CRON_FIRES_H_

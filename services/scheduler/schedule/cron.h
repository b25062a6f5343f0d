#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_CRON_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_CRON_H_

#include <bitset>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::scheduler {

// Cron expressions in Quartz's dialect: `seconds minutes hours day-of-month month day-of-week`, and
// a year that may be left out. docs/schedules.md tells the dialect.

// The years that an expression may name, and fires in at all.
inline constexpr int kFirstCronYear = 1970;
inline constexpr int kLastCronYear = 2099;

// What a field allows: bit n is its least value + n. As wide as the widest field, the years.
using CronValues = std::bitset<kLastCronYear - kFirstCronYear + 1>;

// Days of the week are numbered from Sunday, 1, to Saturday, 7.
inline constexpr int kSunday = 1;
inline constexpr int kSaturday = 7;

// The ways to say which days of a month fire. A month that lacks the day has no fire.
struct MonthDays {
  CronValues days;
};
struct LastDay {
  int days_before = 0;
  bool nearest_weekday = false;
};
struct NearestWeekday {  // Monday to Friday, within the month.
  int day = 1;
};
struct WeekDays {
  CronValues days;
};
struct LastWeekDay {
  int day = 1;
};
struct NthWeekDay {
  int day = 1;
  int nth = 1;
};
using CronDays =
    std::variant<MonthDays, LastDay, NearestWeekday, WeekDays, LastWeekDay, NthWeekDay>;

struct CronExpression {
  std::string text;  // As it was given.
  CronValues minutes;
  CronValues hours;
  CronDays days;
  CronValues months;
  CronValues years;
};

// SCHEDULE_INVALID names every problem with its field. Five fields, as Unix has them, are refused
// with the six that mean the same.
absl::StatusOr<CronExpression> ParseCron(absl::string_view text);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULE_CRON_H_

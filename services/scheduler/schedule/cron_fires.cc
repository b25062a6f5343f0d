#include "services/scheduler/schedule/cron_fires.h"

#include <algorithm>
#include <variant>

namespace lockstitch::scheduler {
namespace {

// The days of one month that fire, the first one in bit 0.
class DaysOfMonth {
 public:
  explicit DaysOfMonth(absl::CivilMonth month)
      : length_(static_cast<int>(absl::CivilDay(month + 1) - absl::CivilDay(month))),
        // Monday is Abseil's 0 and our 2.
        first_week_day_((static_cast<int>(absl::GetWeekday(month)) + 1) % 7 + 1) {}

  CronValues operator()(const MonthDays& rule) const {
    return rule.days & (~CronValues() >> (CronValues().size() - length_));
  }
  CronValues operator()(const LastDay& rule) const {
    const int day = length_ - rule.days_before;
    return Only(rule.nearest_weekday && Has(day) ? NearestWeekdayOf(day) : day);
  }
  CronValues operator()(const NearestWeekday& rule) const {
    return Only(Has(rule.day) ? NearestWeekdayOf(rule.day) : rule.day);
  }
  CronValues operator()(const WeekDays& rule) const {
    CronValues days;
    for (int day = 1; day <= length_; ++day) days[day - 1] = rule.days[WeekDayOf(day) - 1];
    return days;
  }
  CronValues operator()(const LastWeekDay& rule) const {
    return Only(length_ - (WeekDayOf(length_) - rule.day + 7) % 7);
  }
  CronValues operator()(const NthWeekDay& rule) const {
    return Only(1 + (rule.day - first_week_day_ + 7) % 7 + 7 * (rule.nth - 1));
  }

 private:
  bool Has(int day) const { return day >= 1 && day <= length_; }
  int WeekDayOf(int day) const { return (first_week_day_ + day - 2) % 7 + 1; }
  CronValues Only(int day) const { return Has(day) ? CronValues().set(day - 1) : CronValues(); }

  int NearestWeekdayOf(int day) const {
    switch (WeekDayOf(day)) {
      case kSaturday:
        return day == 1 ? day + 2 : day - 1;
      case kSunday:
        return day == length_ ? day - 2 : day + 1;
      default:
        return day;
    }
  }

  int length_;
  int first_week_day_;
};

// The first allowed time of `day`, not before `from`.
std::optional<absl::CivilMinute> FirstMinute(const CronExpression& expression, absl::CivilDay day,
                                             absl::CivilMinute from) {
  const absl::CivilMinute start = std::max(absl::CivilMinute(day), from);
  for (int hour = start.hour(); hour < 24; ++hour) {
    if (!expression.hours[hour]) continue;
    for (int minute = hour == start.hour() ? start.minute() : 0; minute < 60; ++minute) {
      if (expression.minutes[minute])
        return absl::CivilMinute(day.year(), day.month(), day.day(), hour, minute);
    }
  }
  return std::nullopt;
}

std::optional<absl::CivilMinute> FirstMinute(const CronExpression& expression,
                                             absl::CivilMonth month, absl::CivilMinute from) {
  const CronValues days = std::visit(DaysOfMonth(month), expression.days);
  for (absl::CivilDay day = std::max(absl::CivilDay(month), absl::CivilDay(from));
       absl::CivilMonth(day) == month; ++day) {
    if (!days[day.day() - 1]) continue;
    if (const auto minute = FirstMinute(expression, day, from)) return minute;
  }
  return std::nullopt;
}

// The first local time that the expression names, not before `from`.
std::optional<absl::CivilMinute> FirstMinute(const CronExpression& expression,
                                             absl::CivilMinute from) {
  from = std::max(from, absl::CivilMinute(kFirstCronYear));
  for (auto year = from.year(); year <= kLastCronYear; ++year) {
    if (!expression.years[year - kFirstCronYear]) continue;
    for (int month = year == from.year() ? from.month() : 1; month <= 12; ++month) {
      if (!expression.months[month - 1]) continue;
      if (const auto minute = FirstMinute(expression, absl::CivilMonth(year, month), from))
        return minute;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CronFire> NextFire(const CronExpression& expression, absl::Time after,
                                 absl::TimeZone zone) {
  absl::CivilMinute from(zone.At(after).cs);
  while (const auto local = FirstMinute(expression, from)) {
    // Keeps the order of local times. One that clocks show again, set back, has fired by now.
    const absl::Time time = absl::FromCivil(absl::CivilSecond(*local), zone);
    if (time > after) return CronFire{time, *local};
    from = *local + 1;
  }
  return std::nullopt;
}

}  // namespace lockstitch::scheduler

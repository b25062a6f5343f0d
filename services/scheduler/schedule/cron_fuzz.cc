#include <algorithm>
#include <optional>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/scheduler/schedule/cron.h"
#include "services/scheduler/schedule/cron_fires.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::scheduler {
namespace {

using testing::Require;

constexpr int kScannedMinutes = 2 * 24 * 60;

absl::Weekday WeekdayOf(int number) {
  return number == kSunday ? absl::Weekday::sunday : static_cast<absl::Weekday>(number - 2);
}

absl::CivilDay LastOf(absl::CivilMonth month) { return absl::CivilDay(month + 1) - 1; }

// The weekday nearest to `day` within its month.
absl::CivilDay NearestTo(absl::CivilDay day) {
  for (const int distance : {0, -1, 1, -2, 2}) {
    const absl::CivilDay near = day + distance;
    const absl::Weekday weekday = absl::GetWeekday(near);
    const bool works = weekday != absl::Weekday::saturday && weekday != absl::Weekday::sunday;
    if (works && absl::CivilMonth(near) == absl::CivilMonth(day)) return near;
  }
  return day;
}

// Whether a day fires, asked of that day alone.
struct Fires {
  absl::CivilDay day;

  bool operator()(const MonthDays& rule) const { return rule.days[day.day() - 1]; }
  bool operator()(const LastDay& rule) const {
    const absl::CivilDay named = LastOf(absl::CivilMonth(day)) - rule.days_before;
    if (absl::CivilMonth(named) != absl::CivilMonth(day)) return false;
    return day == (rule.nearest_weekday ? NearestTo(named) : named);
  }
  bool operator()(const NearestWeekday& rule) const {
    const absl::CivilDay named(day.year(), day.month(), rule.day);
    return absl::CivilMonth(named) == absl::CivilMonth(day) && day == NearestTo(named);
  }
  bool operator()(const WeekDays& rule) const {
    for (int number = kSunday; number <= kSaturday; ++number) {
      if (rule.days[number - 1] && absl::GetWeekday(day) == WeekdayOf(number)) return true;
    }
    return false;
  }
  bool operator()(const LastWeekDay& rule) const {
    return absl::GetWeekday(day) == WeekdayOf(rule.day) &&
           absl::CivilMonth(day + 7) != absl::CivilMonth(day);
  }
  bool operator()(const NthWeekDay& rule) const {
    return absl::GetWeekday(day) == WeekdayOf(rule.day) && (day.day() - 1) / 7 + 1 == rule.nth;
  }
};

bool FiresAt(const CronExpression& expression, absl::CivilMinute minute) {
  return minute.year() >= kFirstCronYear && minute.year() <= kLastCronYear &&
         expression.years[minute.year() - kFirstCronYear] &&
         expression.months[minute.month() - 1] && expression.hours[minute.hour()] &&
         expression.minutes[minute.minute()] &&
         std::visit(Fires{absl::CivilDay(minute)}, expression.days);
}

// Minute by minute.
std::optional<absl::CivilMinute> ScannedFire(const CronExpression& expression,
                                             absl::CivilMinute after) {
  for (int i = 1; i <= kScannedMinutes; ++i) {
    if (FiresAt(expression, after + i)) return after + i;
  }
  return std::nullopt;
}

void TestUtc(const CronExpression& expression, absl::CivilMinute after) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const auto fire = NextFire(expression, absl::FromCivil(absl::CivilSecond(after), utc), utc);
  const auto scanned = ScannedFire(expression, after);
  Require(!scanned || (fire && fire->local == *scanned), "the first minute that fires is found");
  Require(!fire || FiresAt(expression, fire->local), "what is found is one that fires");
  Require(scanned || !fire || fire->local > after + kScannedMinutes, "no earlier one is found");
}

// In a zone that sets its clocks, by half an hour.
void TestOrder(const CronExpression& expression, absl::Time after) {
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    Require(absl::LoadTimeZone("Australia/Lord_Howe", &loaded), "the zone is installed");
    return loaded;
  }();
  absl::Time last = after;
  for (int i = 0; i < 5; ++i) {
    const auto fire = NextFire(expression, last, zone);
    if (!fire) return;
    Require(fire->time > last, "fires are in order");
    Require(FiresAt(expression, fire->local), "what is found is one that fires");
    const auto again = NextFire(expression, fire->time - absl::Nanoseconds(1), zone);
    Require(again && again->time == fire->time, "asked just before, it is the next one");
    last = fire->time;
  }
}

FUZZ_TARGET(input) {
  // When to begin stands in front.
  absl::CivilMinute after(2026, 2, 27, 23, 58);
  absl::ParseCivilTime(testing::TakeLine(&input), &after);
  after = std::clamp(after, absl::CivilMinute(1900), absl::CivilMinute(2200));
  const auto expression = ParseCron(input);
  if (!expression.ok()) {
    Require(ReasonOf(expression.status()) == Reason::kScheduleInvalid, "a reason");
    return;
  }
  Require(expression->text == input, "the text is kept");
  Require(ParseCron(absl::StrCat(" ", absl::AsciiStrToLower(input), "\t")).ok(),
          "neither capitals nor white space count");
  TestUtc(*expression, after);
  TestOrder(*expression, absl::FromCivil(absl::CivilSecond(after), absl::UTCTimeZone()));
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "services/scheduler/schedule/cron_fires.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, &time, &error)) << text << error;
  return time;
}

// The next fires in UTC; fewer than asked for where the expression ends.
std::vector<std::string> Fires(const std::string& expression, const std::string& after, int count,
                               const std::string& zone = "UTC") {
  const CronExpression parsed = ParseCron(expression).value();
  std::vector<std::string> fires;
  absl::Time time = Utc(after);
  while (static_cast<int>(fires.size()) < count) {
    const auto fire = NextFire(parsed, time, Zone(zone));
    if (!fire) break;
    EXPECT_GT(fire->time, time);
    time = fire->time;
    fires.push_back(absl::FormatTime("%Y-%m-%d %H:%M", time, absl::UTCTimeZone()));
  }
  return fires;
}

// The next days that fire at midnight, UTC.
std::vector<std::string> Days(const std::string& days, const std::string& after, int count) {
  std::vector<std::string> fires = Fires("0 0 0 " + days, after + " 12:00:00", count);
  for (std::string& fire : fires) fire.resize(10);
  return fires;
}

TEST(NextFireTest, StrictlyAfter) {
  EXPECT_THAT(Fires("0 0 12 * * ?", "2026-11-01 11:59:59.999", 1), ElementsAre("2026-11-01 12:00"));
  EXPECT_THAT(Fires("0 0 12 * * ?", "2026-11-01 12:00:00", 1), ElementsAre("2026-11-02 12:00"));
  EXPECT_THAT(Fires("0 * * * * ?", "2026-12-31 23:59:00.5", 2),
              ElementsAre("2027-01-01 00:00", "2027-01-01 00:01"));
}

// Days and times as Quartz 2.3.2 gives them.
TEST(NextFireTest, TimesOfTheDay) {
  EXPECT_THAT(Fires("0 5/20,7 0 ? * SAT,MON-TUE", "2026-11-01 03:00:00", 5),
              ElementsAre("2026-11-02 00:05", "2026-11-02 00:07", "2026-11-02 00:25",
                          "2026-11-02 00:45", "2026-11-03 00:05"));
  EXPECT_THAT(Fires("0 0 22-2/2 ? * FRI-MON", "2026-11-01 03:00:00", 5),
              ElementsAre("2026-11-01 22:00", "2026-11-02 00:00", "2026-11-02 02:00",
                          "2026-11-02 22:00", "2026-11-06 00:00"));
}

TEST(NextFireTest, DaysOfTheMonth) {
  EXPECT_THAT(Days("31 * ?", "2026-08-31", 3),
              ElementsAre("2026-10-31", "2026-12-31", "2027-01-31"));
  EXPECT_THAT(Days("L * ?", "2027-12-31", 3),
              ElementsAre("2028-01-31", "2028-02-29", "2028-03-31"));
  EXPECT_THAT(Days("L-30 * ?", "2026-11-01", 3),
              ElementsAre("2026-12-01", "2027-01-01", "2027-03-01"));
  EXPECT_THAT(Days("LW * ?", "2026-11-01", 4),
              ElementsAre("2026-11-30", "2026-12-31", "2027-01-29", "2027-02-26"));
  EXPECT_THAT(Days("L-2W * ?", "2026-11-01", 2), ElementsAre("2026-11-27", "2026-12-29"));
}

TEST(NextFireTest, TheNearestWeekdayStaysInItsMonth) {
  // A Sunday the 15th; a Sunday, then a Saturday the 1st; a Sunday the 28th at a month's end.
  EXPECT_THAT(Days("15W * ?", "2026-11-01", 2), ElementsAre("2026-11-16", "2026-12-15"));
  EXPECT_THAT(Days("1W * ?", "2026-10-31", 1), ElementsAre("2026-11-02"));
  EXPECT_THAT(Days("1W * ?", "2026-07-31", 1), ElementsAre("2026-08-03"));
  EXPECT_THAT(Days("28W 2 ?", "2027-02-01", 1), ElementsAre("2027-02-26"));
}

TEST(NextFireTest, AMonthWithoutTheDayHasNoFire) {
  EXPECT_THAT(Days("31W 3-5 ?", "2027-03-01", 2), ElementsAre("2027-03-31", "2027-05-31"));
  EXPECT_THAT(Days("? * MON#5", "2026-11-01", 3),
              ElementsAre("2026-11-30", "2027-03-29", "2027-05-31"));
}

TEST(NextFireTest, DaysOfTheWeek) {
  EXPECT_THAT(Days("? * L", "2026-11-01", 2), ElementsAre("2026-11-07", "2026-11-14"));
  EXPECT_THAT(Days("? * 1", "2026-11-01", 1), ElementsAre("2026-11-08"));
  EXPECT_THAT(Days("? 11-2 FRIL 2027/2", "2026-11-01", 5),
              ElementsAre("2027-01-29", "2027-02-26", "2027-11-26", "2027-12-31", "2029-01-26"));
  EXPECT_THAT(Days("? * 4#2", "2026-11-01", 2), ElementsAre("2026-11-11", "2026-12-09"));
  EXPECT_THAT(Days("? * 2/3", "2026-11-01", 3),
              ElementsAre("2026-11-02", "2026-11-05", "2026-11-09"));
}

TEST(NextFireTest, RareDaysAreFound) {
  EXPECT_THAT(Days("29 2 ? 2096", "2026-11-01", 5), ElementsAre("2096-02-29"));
  EXPECT_THAT(Days("? 2 1#5", "2026-11-01", 5),
              ElementsAre("2032-02-29", "2060-02-29", "2088-02-29"));
}

TEST(NextFireTest, AnExpressionMayEndOrNeverFire) {
  EXPECT_THAT(Days("* * ? 2026", "2026-12-29", 5), ElementsAre("2026-12-30", "2026-12-31"));
  EXPECT_THAT(Days("* * ? 2025", "2026-01-01", 1), IsEmpty());
  EXPECT_THAT(Days("30 2 ?", "1900-01-01", 1), IsEmpty());
  const CronExpression minutes = ParseCron("0 * * * * ?").value();
  EXPECT_FALSE(NextFire(minutes, Utc("2099-12-31 23:59:00"), absl::UTCTimeZone()));
  EXPECT_FALSE(NextFire(minutes, absl::InfiniteFuture(), absl::UTCTimeZone()));
  EXPECT_EQ(NextFire(minutes, absl::InfinitePast(), absl::UTCTimeZone())->time, absl::UnixEpoch());
}

TEST(NextFireTest, LocalTimesOfTheZone) {
  EXPECT_THAT(Fires("0 0 3 ? * *", "2026-01-10 00:00:00", 1, "Europe/Berlin"),
              ElementsAre("2026-01-10 02:00"));
  EXPECT_THAT(Fires("0 0 3 ? * *", "2026-07-10 00:00:00", 1, "Europe/Berlin"),
              ElementsAre("2026-07-10 01:00"));
  // It is Tuesday there first, and the 1st of a month.
  EXPECT_THAT(Fires("0 30 0 ? * TUE", "2026-11-01 00:00:00", 1, "Asia/Kolkata"),
              ElementsAre("2026-11-02 19:00"));
  EXPECT_THAT(Fires("0 0 0 1 * ?", "2026-10-15 00:00:00", 1, "Pacific/Auckland"),
              ElementsAre("2026-10-31 11:00"));
}

TEST(NextFireTest, ATimeThatTheClockLeavesOutFiresWhenItJumps) {
  // New York, 8 March 2026: 02:00 becomes 03:00 at 07:00 UTC.
  EXPECT_THAT(Fires("0 30 2 ? * *", "2026-03-07 00:00:00", 3, "America/New_York"),
              ElementsAre("2026-03-07 07:30", "2026-03-08 07:00", "2026-03-09 06:30"));
  const auto fire = NextFire(ParseCron("0 30 2 ? * *").value(), Utc("2026-03-08 00:00:00"),
                             Zone("America/New_York"));
  EXPECT_EQ(fire->local, absl::CivilMinute(2026, 3, 8, 2, 30));
}

TEST(NextFireTest, TimesThatTheClockLeavesOutFireTogether) {
  EXPECT_THAT(Fires("0 0/30 1-3 ? * *", "2026-03-08 06:00:00", 3, "America/New_York"),
              ElementsAre("2026-03-08 06:30", "2026-03-08 07:00", "2026-03-08 07:30"));
  // Samoa went without 30 December 2011.
  EXPECT_THAT(Fires("0 0 6,12 ? * *", "2011-12-30 00:00:00", 3, "Pacific/Apia"),
              ElementsAre("2011-12-30 10:00", "2011-12-30 16:00", "2011-12-30 22:00"));
}

TEST(NextFireTest, ATimeThatTheClockShowsTwiceFiresOnce) {
  // New York, 1 November 2026: 02:00 becomes 01:00 at 06:00 UTC.
  EXPECT_THAT(Fires("0 30 1 ? * *", "2026-11-01 00:00:00", 2, "America/New_York"),
              ElementsAre("2026-11-01 05:30", "2026-11-02 06:30"));
  EXPECT_THAT(Fires("0 30 1 ? * *", "2026-11-01 05:45:00", 1, "America/New_York"),
              ElementsAre("2026-11-02 06:30"));
  EXPECT_THAT(Fires("0 0/30 * ? * *", "2026-11-01 05:15:00", 2, "America/New_York"),
              ElementsAre("2026-11-01 05:30", "2026-11-01 07:00"));
}

// Against a search by minutes, which knows nothing of months and years.
TEST(NextFireTest, AsAnySearchMinuteByMinuteFinds) {
  const absl::TimeZone zone = Zone("Australia/Lord_Howe");  // Half an hour forth and back.
  const CronExpression expression = ParseCron("0 7/9 0-3,22 ? 4,10 SUN,WED").value();
  const absl::Time begin = Utc("2026-01-01 00:00:00"), end = Utc("2027-01-01 00:00:00");
  std::vector<absl::Time> expected;
  for (absl::CivilMinute local(2026, 1, 1, 11);
       absl::FromCivil(absl::CivilSecond(local), zone) < end; ++local) {
    const absl::Weekday day = absl::GetWeekday(local);
    if ((local.month() != 4 && local.month() != 10) ||
        (day != absl::Weekday::sunday && day != absl::Weekday::wednesday) ||
        (local.hour() > 3 && local.hour() != 22) || local.minute() % 9 != 7)
      continue;
    const absl::Time time = absl::FromCivil(absl::CivilSecond(local), zone);
    if (expected.empty() || expected.back() < time) expected.push_back(time);
  }
  std::vector<absl::Time> fires;
  for (auto fire = NextFire(expression, begin, zone); fire && fire->time < end;
       fire = NextFire(expression, fire->time, zone))
    fires.push_back(fire->time);
  EXPECT_EQ(fires, expected);
  EXPECT_GT(fires.size(), 100u);
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "services/scheduler/schedule/slot_preview.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, &time, &error)) << text << error;
  return time;
}

Rule CronRule(const std::string& text, const std::string& zone_name = "UTC") {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(zone_name, &zone));
  return Cron{ParseCron(text).value(), zone};
}

std::vector<std::string> Shown(const Rule& rule, const std::string& from, int count) {
  std::vector<std::string> shown;
  const std::vector<PreviewedSlot> slots = PreviewSlots(rule, Utc(from), count).value();
  for (const PreviewedSlot& slot : slots)
    shown.push_back(absl::FormatTime("%Y-%m-%d %H:%M ", slot.time, absl::UTCTimeZone()) +
                    slot.reason);
  return shown;
}

TEST(PreviewSlotsTest, AnIntervalStartsAtOnce) {
  EXPECT_THAT(Shown(Interval{absl::Minutes(90)}, "2026-01-31 12:00", 3),
              ElementsAre("2026-01-31 12:00 a first job starts at once",
                          "2026-01-31 13:30 1h30m after the slot before",
                          "2026-01-31 15:00 1h30m after the slot before"));
}

TEST(PreviewSlotsTest, AnAnchoredIntervalWaitsForItsGrid) {
  EXPECT_THAT(
      Shown(AnchoredInterval{Utc("2026-01-01 03:30"), absl::Hours(6)}, "2026-01-31 03:30", 2),
      ElementsAre("2026-01-31 09:30 every 6h, counted from the anchor",
                  "2026-01-31 15:30 every 6h, counted from the anchor"));
}

TEST(PreviewSlotsTest, CronTellsOfClocksThatAreSetForthAndBack) {
  EXPECT_THAT(Shown(CronRule("0 30 2 ? * *", "Europe/Berlin"), "2026-03-28 00:00", 3),
              ElementsAre("2026-03-28 01:30 cron",
                          "2026-03-29 01:00 cron; there is no 02:30: the clock goes from 02:00 to "
                          "03:00",
                          "2026-03-30 00:30 cron"));
  EXPECT_THAT(Shown(CronRule("0 30 2 ? * *", "Europe/Berlin"), "2026-10-24 12:00", 2),
              ElementsAre("2026-10-25 00:30 cron; the first 02:30 of two: the clock is set back",
                          "2026-10-26 01:30 cron"));
}

TEST(PreviewSlotsTest, FewerWhereTheScheduleEndsAndNoneOfAManualOne) {
  EXPECT_THAT(Shown(CronRule("0 0 0 31 12 ? 2026-2027"), "2026-06-01 00:00", 10), SizeIs(2));
  EXPECT_THAT(Shown(Manual{}, "2026-06-01 00:00", 10), IsEmpty());
}

TEST(PreviewSlotsTest, CountAndTimeHaveBounds) {
  const Rule rule = CronRule("0 * * ? * *");
  EXPECT_THAT(PreviewSlots(rule, Utc("2026-01-01 00:00"), 1000).value(), SizeIs(1000));
  for (const int count : {-1, 0, 1001}) {
    const auto slots = PreviewSlots(rule, Utc("2026-01-01 00:00"), count);
    EXPECT_THAT(slots, HasReason(Reason::kUsageInvalid));
    EXPECT_THAT(slots.status().message(), HasSubstr(absl::StrCat("count: ", count)));
  }
  for (const absl::Time from : {Utc("1969-12-31 23:59"), Utc("2100-01-01 00:00"),
                                absl::InfiniteFuture(), absl::InfinitePast()}) {
    const auto slots = PreviewSlots(rule, from, 1);
    EXPECT_THAT(slots, HasReason(Reason::kUsageInvalid));
    EXPECT_THAT(slots.status().message(), HasSubstr("from: "));
  }
}

}  // namespace
}  // namespace lockstitch::scheduler

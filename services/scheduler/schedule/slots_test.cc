#include "services/scheduler/schedule/slots.h"

#include <string>

#include "gmock/gmock.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::Eq;
using ::testing::Optional;

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, &time, &error)) << text << error;
  return time;
}

Rule CronRule(const std::string& text) {
  return Cron{ParseCron(text).value(), absl::UTCTimeZone()};
}

const absl::Time kNoon = Utc("2026-01-31 12:00:00");
const Rule kHourly = Interval{absl::Hours(1)};
const Rule kSixHourly = AnchoredInterval{Utc("2026-01-31 09:00:00"), absl::Hours(6)};
const Rule kManual = Manual{};

TEST(NextSlotTest, AnIntervalStepsOnFromTheSlot) {
  EXPECT_THAT(NextSlot(kHourly, kNoon + absl::Seconds(7)),
              Optional(kNoon + absl::Hours(1) + absl::Seconds(7)));
}

TEST(NextSlotTest, AnAnchoredIntervalKeepsItsGridOnBothSidesOfTheAnchor) {
  EXPECT_THAT(NextSlot(kSixHourly, kNoon), Optional(Utc("2026-01-31 15:00:00")));
  EXPECT_THAT(NextSlot(kSixHourly, Utc("2026-01-31 15:00:00")),
              Optional(Utc("2026-01-31 21:00:00")));
  EXPECT_THAT(NextSlot(kSixHourly, Utc("2026-01-31 14:59:59.999")),
              Optional(Utc("2026-01-31 15:00:00")));
  EXPECT_THAT(NextSlot(kSixHourly, Utc("2025-06-30 21:00:00")),
              Optional(Utc("2025-07-01 03:00:00")));
  EXPECT_THAT(NextSlot(kSixHourly, Utc("2025-06-30 20:59:00")),
              Optional(Utc("2025-06-30 21:00:00")));
}

TEST(NextSlotTest, CronFiresNextAndMayEnd) {
  EXPECT_THAT(NextSlot(CronRule("0 30 2 ? * *"), kNoon), Optional(Utc("2026-02-01 02:30:00")));
  EXPECT_THAT(NextSlot(CronRule("0 30 2 ? * * 2025"), kNoon), Eq(std::nullopt));
}

TEST(NextSlotTest, AManualRuleHasNone) { EXPECT_THAT(NextSlot(kManual, kNoon), Eq(std::nullopt)); }

TEST(FirstSlotTest, AFirstJobOfAnIntervalStartsAtOnce) {
  EXPECT_THAT(FirstSlot(kHourly, kNoon, std::nullopt), Optional(kNoon));
}

TEST(FirstSlotTest, AnAnchoredIntervalWaitsForTheNextPointStrictlyAfterTheSave) {
  EXPECT_THAT(FirstSlot(kSixHourly, Utc("2026-01-31 08:00:00"), std::nullopt),
              Optional(Utc("2026-01-31 09:00:00")));
  EXPECT_THAT(FirstSlot(kSixHourly, Utc("2026-01-31 09:00:00"), std::nullopt),
              Optional(Utc("2026-01-31 15:00:00")));
  // As the API of Stitch has it: an anchor at 03:30 with 360 minutes.
  const Rule rule = AnchoredInterval{Utc("2020-01-01 03:30:00"), absl::Minutes(360)};
  EXPECT_THAT(FirstSlot(rule, Utc("2026-01-31 04:00:00"), std::nullopt),
              Optional(Utc("2026-01-31 09:30:00")));
}

TEST(FirstSlotTest, CronWaitsForItsNextFire) {
  EXPECT_THAT(FirstSlot(CronRule("0 0 12 ? * *"), kNoon, std::nullopt),
              Optional(kNoon + absl::Hours(24)));
}

TEST(FirstSlotTest, AnEditedIntervalGoesOnFromTheLastJob) {
  EXPECT_THAT(FirstSlot(kHourly, kNoon, kNoon - absl::Minutes(20)),
              Optional(kNoon + absl::Minutes(40)));
  EXPECT_THAT(FirstSlot(kHourly, kNoon, kNoon - absl::Hours(3)), Optional(kNoon));
}

TEST(FirstSlotTest, AnEditedGridTakesNoNoticeOfTheLastJob) {
  EXPECT_THAT(FirstSlot(kSixHourly, kNoon, kNoon - absl::Hours(30)),
              Optional(Utc("2026-01-31 15:00:00")));
  EXPECT_THAT(FirstSlot(kManual, kNoon, kNoon), Eq(std::nullopt));
}

TEST(SlotAfterManualRunTest, AnIntervalCountsFromItsStart) {
  EXPECT_THAT(SlotAfterManualRun(kHourly, kNoon, kNoon + absl::Minutes(1)),
              Optional(kNoon + absl::Hours(1)));
}

TEST(SlotAfterManualRunTest, OthersGoOnAsTheyWere) {
  const absl::Time next = Utc("2026-01-31 15:00:00");
  EXPECT_THAT(SlotAfterManualRun(kSixHourly, kNoon, next), Optional(next));
  EXPECT_THAT(SlotAfterManualRun(CronRule("0 0 15 * * ?"), kNoon, next), Optional(next));
  EXPECT_THAT(SlotAfterManualRun(kManual, kNoon, std::nullopt), Eq(std::nullopt));
}

TEST(SlotsUntilTest, CountsSlotsOfEachKind) {
  const absl::Time until = kNoon + absl::Hours(24) + absl::Minutes(59);
  const SlotSpan hourly = SlotsUntil(kHourly, kNoon, until);
  EXPECT_EQ(hourly.count, 25);
  EXPECT_EQ(hourly.first, kNoon);
  EXPECT_EQ(hourly.last, kNoon + absl::Hours(24));
  EXPECT_THAT(hourly.next, Optional(kNoon + absl::Hours(25)));

  const SlotSpan six_hourly = SlotsUntil(kSixHourly, Utc("2026-01-31 15:00:00"), until);
  EXPECT_EQ(six_hourly.count, 4);
  EXPECT_EQ(six_hourly.last, Utc("2026-02-01 09:00:00"));
  EXPECT_THAT(six_hourly.next, Optional(Utc("2026-02-01 15:00:00")));

  const SlotSpan cron = SlotsUntil(CronRule("0 0 0/8 ? * * 2026"), Utc("2026-12-31 08:00:00"),
                                   Utc("2027-01-07 00:00:00"));
  EXPECT_EQ(cron.count, 2);
  EXPECT_EQ(cron.last, Utc("2026-12-31 16:00:00"));
  EXPECT_EQ(cron.next, std::nullopt);
}

TEST(SlotsUntilTest, TheFirstCountsAlsoWhereItIsTheLast) {
  const SlotSpan span = SlotsUntil(kHourly, kNoon, kNoon);
  EXPECT_EQ(span.count, 1);
  EXPECT_EQ(span.last, kNoon);
  EXPECT_THAT(span.next, Optional(kNoon + absl::Hours(1)));
}

}  // namespace
}  // namespace lockstitch::scheduler

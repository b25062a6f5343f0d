#include "services/scheduler/schedule/job_plan.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/scheduler/schedule/slots.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::VariantWith;

constexpr absl::Duration kMinute = absl::Minutes(1);
constexpr absl::Duration kHour = absl::Hours(1);

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", text, &time, &error)) << text << error;
  return time;
}

const absl::Time kNoon = Utc("2026-01-31 12:00");
const absl::Time kLongAgo = Utc("2026-01-01 00:00");
const Rule kHourly = Interval{kHour};
const Rule kGrid = AnchoredInterval{kLongAgo, absl::Hours(6)};  // 0, 6, 12 and 18 o'clock.

Rule Daily(int hour) {
  return Cron{ParseCron(absl::StrCat("0 0 ", hour, " * * ?")).value(), absl::UTCTimeZone()};
}

// One whose last job started on time, and whose next slot is `next_slot`.
IntegrationStanding Standing(const Rule& rule, absl::Time next_slot) {
  IntegrationStanding standing;
  standing.integration = 7;
  standing.uid = "u7";
  standing.rule = rule;
  standing.changed_at = kLongAgo;
  standing.next_slot = next_slot;
  standing.last_slot = next_slot - kHour;
  return standing;
}

IntegrationStanding Created(const Rule& rule, absl::Time time) {
  IntegrationStanding standing = Standing(rule, time);
  standing.changed_at = time;
  standing.next_slot = standing.last_slot = std::nullopt;
  return standing;
}

std::vector<PlannedAction> Plan(const IntegrationStanding& standing, absl::Time now,
                                absl::Time leading_since = kLongAgo) {
  return PlanJobs({&standing, 1}, leading_since, now);
}

auto Starts(absl::Time slot, std::optional<absl::Time> next_slot) {
  return VariantWith<StartJob>(AllOf(Field("integration", &StartJob::integration, 7),
                                     Field("slot", &StartJob::slot, slot),
                                     Field("next_slot", &StartJob::next_slot, next_slot)));
}

auto Skips(absl::Time first, absl::Time last, int64_t count, std::optional<absl::Time> next_slot,
           WhySkipped why) {
  return VariantWith<SkipSlots>(AllOf(
      Field("integration", &SkipSlots::integration, 7), Field("first", &SkipSlots::first, first),
      Field("last", &SkipSlots::last, last), Field("count", &SkipSlots::count, count),
      Field("next_slot", &SkipSlots::next_slot, next_slot), Field("why", &SkipSlots::why, why)));
}

auto SetsNext(std::optional<absl::Time> next_slot) {
  return VariantWith<SetNextSlot>(AllOf(Field("integration", &SetNextSlot::integration, 7),
                                        Field("next_slot", &SetNextSlot::next_slot, next_slot)));
}

TEST(PlanJobsTest, NothingBeforeTheSlot) {
  EXPECT_THAT(Plan(Standing(kHourly, kNoon), kNoon - absl::Milliseconds(1)), IsEmpty());
}

TEST(PlanJobsTest, TheNextSlotIsTheDueSlotAndAStepHoweverLateTheStart) {
  EXPECT_THAT(Plan(Standing(kHourly, kNoon), kNoon + absl::Seconds(40)),
              ElementsAre(Starts(kNoon, kNoon + kHour)));
}

TEST(PlanJobsTest, AFirstJobOfAnIntervalStartsAtOnce) {
  const absl::Time saved = kNoon + absl::Seconds(17);
  EXPECT_THAT(Plan(Created(kHourly, saved), saved), ElementsAre(Starts(saved, saved + kHour)));
}

TEST(PlanJobsTest, FirstJobsOnAGridWaitForItsNextPoint) {
  EXPECT_THAT(Plan(Created(kGrid, kNoon), kNoon), ElementsAre(SetsNext(Utc("2026-01-31 18:00"))));
  EXPECT_THAT(Plan(Created(Daily(12), kNoon), kNoon),
              ElementsAre(SetsNext(Utc("2026-02-01 12:00"))));
}

TEST(PlanJobsTest, AManualRunRebasesAnInterval) {
  IntegrationStanding standing = Standing(kHourly, kNoon);
  const absl::Time started = kNoon - absl::Minutes(20);
  standing.next_slot = SlotAfterManualRun(standing.rule, started, standing.next_slot);
  standing.last_slot = started;
  EXPECT_THAT(Plan(standing, kNoon), IsEmpty());
  EXPECT_THAT(Plan(standing, started + kHour),
              ElementsAre(Starts(started + kHour, started + 2 * kHour)));
}

TEST(PlanJobsTest, ADueSlotThatFindsAJobOpenIsSkippedAndRecorded) {
  for (const Rule& rule : {kHourly, kGrid, Daily(12)}) {
    IntegrationStanding standing = Standing(rule, kNoon);
    standing.job_open = true;
    EXPECT_THAT(Plan(standing, kNoon),
                ElementsAre(Skips(kNoon, kNoon, 1, NextSlot(rule, kNoon), WhySkipped::kJobOpen)));
  }
}

TEST(PlanJobsTest, ASkippedSlotIsNotQueued) {
  // 02:30 takes 55 minutes, 03:30 takes 68: 04:30 is skipped, 05:30 starts.
  IntegrationStanding standing = Standing(kHourly, Utc("2026-01-31 04:30"));
  standing.job_open = true;
  const auto actions = Plan(standing, Utc("2026-01-31 04:30"));
  ASSERT_THAT(actions, SizeIs(1));
  standing.next_slot = std::get<SkipSlots>(actions[0]).next_slot;
  standing.job_open = false;
  EXPECT_THAT(Plan(standing, Utc("2026-01-31 04:38")), IsEmpty());
  EXPECT_THAT(Plan(standing, Utc("2026-01-31 05:30")),
              ElementsAre(Starts(Utc("2026-01-31 05:30"), Utc("2026-01-31 06:30"))));
}

TEST(PlanJobsTest, SlotsAreSkippedWhileTheQuotaIsUsedUp) {
  IntegrationStanding standing = Standing(kHourly, kNoon);
  standing.held = true;
  EXPECT_THAT(Plan(standing, kNoon),
              ElementsAre(Skips(kNoon, kNoon, 1, kNoon + kHour, WhySkipped::kQuota)));
}

TEST(PlanJobsTest, APausedIntegrationHasNoSlots) {
  for (const Rule& rule : {kHourly, kGrid, Daily(12)}) {
    IntegrationStanding standing = Standing(rule, kNoon);
    standing.paused = true;
    EXPECT_THAT(Plan(standing, kNoon + absl::Hours(100)), IsEmpty());
  }
}

TEST(PlanJobsTest, AResumedIntervalWhoseSlotHasPassedStartsAtOnceAndCountsFromThere) {
  IntegrationStanding standing = Standing(kHourly, kNoon);
  standing.changed_at = kNoon + absl::Minutes(150);
  EXPECT_THAT(Plan(standing, standing.changed_at),
              ElementsAre(Starts(standing.changed_at, standing.changed_at + kHour)));
}

TEST(PlanJobsTest, AResumedIntervalWhoseSlotIsToComeWaitsForIt) {
  IntegrationStanding standing = Standing(kHourly, kNoon);
  standing.changed_at = kNoon - kMinute;
  EXPECT_THAT(Plan(standing, standing.changed_at), IsEmpty());
}

TEST(PlanJobsTest, AResumedGridWaitsForItsNextSlotAndNothingIsRecorded) {
  IntegrationStanding standing = Standing(kGrid, kNoon);
  standing.changed_at = Utc("2026-02-03 07:00");
  standing.catch_up = true;
  EXPECT_THAT(Plan(standing, standing.changed_at), ElementsAre(SetsNext(Utc("2026-02-03 12:00"))));
  standing.rule = Daily(12);
  EXPECT_THAT(Plan(standing, standing.changed_at), ElementsAre(SetsNext(Utc("2026-02-03 12:00"))));
}

TEST(PlanJobsTest, AnEditedIntervalGoesOnFromTheLastJob) {
  IntegrationStanding standing = Standing(Interval{absl::Minutes(15)}, kNoon);
  standing.changed_at = kNoon - absl::Minutes(50);  // 10 minutes after the last slot.
  standing.next_slot = std::nullopt;
  EXPECT_THAT(Plan(standing, standing.changed_at),
              ElementsAre(SetsNext(kNoon - absl::Minutes(45))));
  standing.changed_at = kNoon - absl::Minutes(30);
  EXPECT_THAT(Plan(standing, standing.changed_at),
              ElementsAre(Starts(standing.changed_at, kNoon - absl::Minutes(15))));
}

TEST(PlanJobsTest, AnEditedGridWaitsForItsNextPoint) {
  IntegrationStanding standing = Standing(kGrid, kNoon);
  standing.changed_at = kNoon + kMinute;
  standing.next_slot = std::nullopt;
  EXPECT_THAT(Plan(standing, standing.changed_at), ElementsAre(SetsNext(Utc("2026-01-31 18:00"))));
}

TEST(PlanJobsTest, AMissedIntervalRunsOnceAtOnceAndKeepsItsStep) {
  EXPECT_THAT(
      Plan(Standing(kHourly, kNoon), kNoon + absl::Minutes(215)),
      ElementsAre(Skips(kNoon, kNoon + 2 * kHour, 3, kNoon + 3 * kHour, WhySkipped::kMissed),
                  Starts(kNoon + 3 * kHour, kNoon + 4 * kHour)));
}

TEST(PlanJobsTest, ActionsThatWereNotTakenComeAgain) {
  IntegrationStanding standing = Standing(kHourly, kNoon);
  const absl::Time now = kNoon + absl::Minutes(215);
  const auto actions = Plan(standing, now);
  standing.next_slot = std::get<SkipSlots>(actions[0]).next_slot;
  EXPECT_THAT(Plan(standing, now + kMinute),
              ElementsAre(Starts(kNoon + 3 * kHour, kNoon + 4 * kHour)));
}

TEST(PlanJobsTest, MissedGridsWaitForTheirNextSlotAndEveryMissedOneIsCounted) {
  EXPECT_THAT(Plan(Standing(kGrid, kNoon), Utc("2026-02-01 06:05")),
              ElementsAre(Skips(kNoon, Utc("2026-02-01 06:00"), 4, Utc("2026-02-01 12:00"),
                                WhySkipped::kMissed)));
  EXPECT_THAT(Plan(Standing(Daily(12), kNoon), Utc("2026-02-03 12:02")),
              ElementsAre(Skips(kNoon, Utc("2026-02-03 12:00"), 4, Utc("2026-02-04 12:00"),
                                WhySkipped::kMissed)));
}

TEST(PlanJobsTest, ASlotThatIsActedOnWithinAMinuteWasNotMissed) {
  EXPECT_THAT(Plan(Standing(kGrid, kNoon), kNoon + kMinute),
              ElementsAre(Starts(kNoon, Utc("2026-01-31 18:00"))));
  EXPECT_THAT(Plan(Standing(kGrid, kNoon), kNoon + kMinute + absl::Milliseconds(1)),
              ElementsAre(Skips(kNoon, kNoon, 1, Utc("2026-01-31 18:00"), WhySkipped::kMissed)));
}

TEST(PlanJobsTest, WithCatchUpAMissedGridRunsOnceAtOnce) {
  IntegrationStanding standing = Standing(kGrid, kNoon);
  standing.catch_up = true;
  EXPECT_THAT(Plan(standing, Utc("2026-02-01 06:05")),
              ElementsAre(Skips(kNoon, Utc("2026-02-01 00:00"), 3, Utc("2026-02-01 06:00"),
                                WhySkipped::kMissed),
                          Starts(Utc("2026-02-01 06:00"), Utc("2026-02-01 12:00"))));
}

TEST(PlanJobsTest, OverdueIntervalsAreSpreadOverTheFirstMinute) {
  std::vector<IntegrationStanding> standings;
  for (int i = 0; i < 600; ++i) {
    standings.push_back(Standing(kHourly, kNoon));
    standings.back().integration = i;
    standings.back().uid = absl::StrCat("uid-", i);
  }
  const absl::Time leading_since = kNoon + absl::Seconds(10);
  std::set<int64_t> started;
  size_t most_at_once = 0;
  for (int second = 0; second <= 60; ++second) {
    const auto actions = PlanJobs(standings, leading_since, leading_since + absl::Seconds(second));
    size_t at_once = 0;
    for (const PlannedAction& action : actions)
      at_once += started.insert(std::get<StartJob>(action).integration).second;
    most_at_once = std::max(most_at_once, at_once);
    EXPECT_EQ(actions.size(), started.size());  // The same ones each time.
  }
  EXPECT_EQ(started.size(), standings.size());
  EXPECT_LT(most_at_once, 40u);
}

TEST(PlanJobsTest, TheSpreadIsNoLongerThanHalfAStep) {
  const absl::Time leading_since = kNoon + absl::Seconds(1);
  for (int i = 0; i < 100; ++i) {
    IntegrationStanding standing = Standing(Interval{kMinute}, kNoon);
    standing.uid = absl::StrCat("uid-", i);
    EXPECT_THAT(Plan(standing, leading_since + absl::Seconds(30), leading_since),
                ElementsAre(Starts(kNoon, kNoon + kMinute)));
  }
}

TEST(PlanJobsTest, SlotsThatComeLaterAndGridsOnTimeAreNotSpread) {
  EXPECT_THAT(Plan(Standing(kHourly, kNoon), kNoon, kNoon), SizeIs(1));
  EXPECT_THAT(Plan(Standing(kGrid, kNoon), kNoon + absl::Seconds(2), kNoon + absl::Seconds(2)),
              ElementsAre(Starts(kNoon, Utc("2026-01-31 18:00"))));
}

TEST(PlanJobsTest, WhatWaitsForItsTurnShowsItsSlot) {
  const absl::Time leading_since = kNoon + absl::Hours(2);
  IntegrationStanding standing = Created(kHourly, kNoon);
  EXPECT_THAT(Plan(standing, leading_since, leading_since), ElementsAre(SetsNext(kNoon)));
  standing.next_slot = kNoon;
  EXPECT_THAT(Plan(standing, leading_since, leading_since), IsEmpty());
}

TEST(PlanJobsTest, AManualScheduleNeverStarts) {
  EXPECT_THAT(Plan(Created(Manual{}, kNoon), kNoon + absl::Hours(9)), IsEmpty());
  EXPECT_THAT(Plan(Standing(Manual{}, kNoon), kNoon), ElementsAre(SetsNext(std::nullopt)));
}

TEST(PlanJobsTest, AScheduleMayEnd) {
  const Rule rule = Cron{ParseCron("0 0 12 31 1 ? 2026").value(), absl::UTCTimeZone()};
  EXPECT_THAT(Plan(Standing(rule, kNoon), kNoon), ElementsAre(Starts(kNoon, std::nullopt)));
  IntegrationStanding ended = Standing(rule, kNoon);
  ended.next_slot = std::nullopt;
  ended.changed_at = kNoon;
  EXPECT_THAT(Plan(ended, kNoon + kHour), IsEmpty());
}

TEST(PlanJobsTest, EveryActionTellsItsReason) {
  IntegrationStanding open = Standing(kHourly, kNoon);
  open.job_open = true;
  const std::vector<IntegrationStanding> standings = {
      Created(kHourly, kNoon), Standing(kHourly, kNoon), Standing(kHourly, kNoon - kHour), open,
      Created(kGrid, kNoon)};
  std::vector<std::string> reasons;
  for (const PlannedAction& action : PlanJobs(standings, kLongAgo, kNoon + absl::Minutes(2)))
    std::visit([&](const auto& what) { reasons.push_back(what.reason); }, action);
  EXPECT_THAT(reasons,
              ElementsAre("makes up for a slot that passed 2m ago while no scheduler acted on it",
                          "makes up for a slot that passed 2m ago while no scheduler acted on it",
                          "no scheduler acted on it in time",
                          "makes up for a slot that passed 2m ago while no scheduler acted on it",
                          "a job was still open", "the first slot of its schedule as it is now"));
}

}  // namespace
}  // namespace lockstitch::scheduler

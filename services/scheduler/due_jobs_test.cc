#include "services/scheduler/due_jobs.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rpc/timestamp.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kHour = absl::Hours(1);

// Runs every hour; its slot is `next_slot`.
DueIntegration Hourly(int64_t key, std::optional<absl::Time> next_slot) {
  DueIntegration due = {.key = key,
                        .id = "i" + std::to_string(key),
                        .uid = "uid",
                        .last_slot = kNow - 2 * kHour,
                        .version = 10 * key,
                        .next_slot = next_slot,
                        .changed_at = kNow - 100 * kHour};
  due.schedule.mutable_every()->set_seconds(3600);
  return due;
}

DuePlan Plan(const std::vector<DueIntegration>& due) {
  return PlanDue(due, kNow - 10 * kHour, kNow);
}

TEST(PlanDueTest, ASlotThatHasComeMakesAJobAndTheNextSlot) {
  const DuePlan plan = Plan({Hourly(7, kNow)});
  ASSERT_EQ(plan.slots.size(), 1u);
  EXPECT_EQ(plan.slots[0].key, 7);
  EXPECT_EQ(plan.slots[0].version, 70);
  EXPECT_EQ(plan.slots[0].job, kNow);
  EXPECT_EQ(plan.slots[0].next_slot, kNow + kHour);
  EXPECT_FALSE(plan.slots[0].skipped);
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].integration, "i7");
  EXPECT_EQ(plan.steps[0].action, "start");
  EXPECT_FALSE(plan.steps[0].reason.empty());
}

TEST(PlanDueTest, EarlierSlotsAreSkippedInTheSamePlan) {
  const DuePlan plan = Plan({Hourly(1, kNow - 2 * kHour)});
  ASSERT_EQ(plan.slots.size(), 1u);
  EXPECT_EQ(plan.slots[0].job, kNow);
  ASSERT_TRUE(plan.slots[0].skipped);
  EXPECT_EQ(plan.slots[0].skipped->count(), 2u);
  EXPECT_EQ(rpc::FromTimestamp(plan.slots[0].skipped->last()), kNow - kHour);
  EXPECT_EQ(rpc::FromTimestamp(plan.slots[0].skipped->recorded_at()), kNow);
  EXPECT_EQ(plan.slots[0].next_slot, kNow + kHour);
}

TEST(PlanDueTest, APausedOneHasNoSlotAndIsNotReadAgain) {
  DueIntegration due = Hourly(1, kNow);
  due.paused = true;
  const DuePlan plan = Plan({due});
  ASSERT_EQ(plan.slots.size(), 1u);
  EXPECT_FALSE(plan.slots[0].job || plan.slots[0].skipped || plan.slots[0].next_slot);
}

TEST(PlanDueTest, AnOpenJobHasTheSlotSkipped) {
  DueIntegration due = Hourly(1, kNow);
  due.job_open = true;
  const DuePlan plan = Plan({due});
  ASSERT_EQ(plan.slots.size(), 1u);
  EXPECT_FALSE(plan.slots[0].job);
  EXPECT_EQ(plan.slots[0].skipped->count(), 1u);
  EXPECT_EQ(plan.steps[0].slots, 1);
}

TEST(PlanDueTest, WhatIsToBePlannedAnewIsPlannedThoughNothingChanges) {
  DueIntegration manual = Hourly(1, std::nullopt);
  manual.schedule.set_manual(true);
  const DueIntegration later = Hourly(2, kNow + kHour);
  const DuePlan plan = Plan({manual, later});
  ASSERT_EQ(plan.slots.size(), 2u);
  EXPECT_FALSE(plan.slots[0].next_slot);
  EXPECT_EQ(plan.slots[1].next_slot, kNow + kHour);
  EXPECT_THAT(plan.steps, IsEmpty());
}

TEST(PlanDueTest, AScheduleThatCannotBeReadStaysAsItIsAndSaysWhy) {
  DueIntegration unknown = Hourly(1, kNow), unreadable = Hourly(3, std::nullopt);
  unknown.schedule.set_cron("0 0 12 * * ?");
  unknown.schedule.set_time_zone("Not/There");
  unreadable.readable = absl::InternalError("no schedule");
  const DuePlan plan = Plan({unknown, Hourly(2, kNow), unreadable});
  ASSERT_THAT(plan.slots, SizeIs(1));
  EXPECT_EQ(plan.slots[0].key, 2);
  EXPECT_THAT(plan.unreadable, ElementsAre(1, 3));
  EXPECT_EQ(plan.steps.at(0).action, "invalid");
  EXPECT_THAT(plan.steps.at(0).reason, HasSubstr("Not/There"));
  EXPECT_EQ(plan.steps.at(1).reason, "no schedule");
}

}  // namespace
}  // namespace lockstitch::scheduler

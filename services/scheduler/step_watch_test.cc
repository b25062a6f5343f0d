#include "services/scheduler/step_watch.h"

#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

TEST(StepWatchTest, ThePresentStepHasAnAge) {
  const absl::Time start = absl::FromUnixSeconds(1'000);
  StepWatch steps;
  EXPECT_EQ(steps.age(start), absl::ZeroDuration());
  steps.Begin(start);
  EXPECT_EQ(steps.age(start + absl::Minutes(9)), absl::Minutes(9));
  steps.Begin(start + absl::Minutes(9));
  EXPECT_EQ(steps.age(start + absl::Minutes(10)), absl::Minutes(1));
  steps.End();
  EXPECT_EQ(steps.age(start + absl::Hours(1)), absl::ZeroDuration());
}

}  // namespace
}  // namespace lockstitch::scheduler

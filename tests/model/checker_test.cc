#include "tests/model/checker.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Counts to `top` by ones and by threes. 7 is a bad number, and the step from 4 to 5 a bad step.
class Counting {
 public:
  using State = uint32_t;
  explicit Counting(uint32_t top) : top_(top) {}

  State Initial() const { return 0; }
  void Explore(const State& state, Steps<State>& steps) const {
    for (const uint32_t by : {1u, 3u}) {
      Violations broken;
      broken.AddIf(state == 4 && by == 1, Invariant::kEnded);
      if (state + by > top_) continue;
      steps.Add(
          state + by, [by] { return by == 1 ? "one" : "three"; }, broken);
    }
  }
  Violations Judge(const State& state) const {
    Violations violations;
    violations.AddIf(state == 7, Invariant::kExact);
    return violations;
  }

 private:
  const uint32_t top_;
};

Outcome Check(uint32_t top, size_t most_states = 1'000'000) {
  const Counting model(top);
  return Checker<Counting>(model).Check(most_states);
}

TEST(CheckerTest, EveryStateIsReachedOnce) {
  const Outcome outcome = Check(100'000);
  EXPECT_EQ(outcome.states, 100'001);
  EXPECT_EQ(outcome.expanded, 100'001);
  EXPECT_FALSE(outcome.cut);
}

TEST(CheckerTest, TheLimitIsTold) {
  const Outcome outcome = Check(100'000, 5'000);
  EXPECT_TRUE(outcome.cut);
  EXPECT_LT(outcome.expanded, outcome.states);
}

TEST(CheckerTest, NothingIsViolatedWhereNothingBadIsReached) {
  EXPECT_TRUE(Check(3).violations.empty());
  EXPECT_TRUE(Check(3).traces.empty());
}

TEST(CheckerTest, ABadStateIsReachedByTheFewestSteps) {
  const Outcome outcome = Check(100);
  EXPECT_TRUE(outcome.violations.Has(Invariant::kExact));
  EXPECT_THAT(outcome.traces.at(Invariant::kExact), SizeIs(3));
}

// 5 is first reached by way of 2: the trace must tell of the bad step, whoever came first.
TEST(CheckerTest, ABadStepEndsItsTrace) {
  const Outcome outcome = Check(100);
  EXPECT_EQ(outcome.violations, Violations({Invariant::kExact, Invariant::kEnded}));
  EXPECT_THAT(outcome.traces.at(Invariant::kEnded), ElementsAre("one", "three", "one"));
}

}  // namespace
}  // namespace lockstitch::model

#include "tests/model/draws.h"

#include "gtest/gtest.h"
#include "tests/model/expectations.h"

namespace lockstitch::model {
namespace {

constexpr Violations kGhostDraws = {Invariant::kDrawsKept};

Outcome Check(const DrawsRules& rules) {
  return Explore(DrawsModel({.runs = 2, .draws = 3}, rules));
}

TEST(DrawsTest, HoldsWithLateCopiesOfEveryDraw) {
  EXPECT_THAT(Explore(DrawsModel({.runs = 3, .draws = 3}, {})), HoldsOver(18'000));
}

TEST(DrawsTest, ARepeatedDrawDrawsAnew) {
  EXPECT_THAT(Check({.repeated_draw_kept = false}), Breaks(kGhostDraws));
}

TEST(DrawsTest, AnOlderDrawDrawsAnew) {
  EXPECT_THAT(Check({.older_draw_refused = false}), Breaks(kGhostDraws));
}

TEST(DrawsTest, ASupersededRunDrawsAgain) {
  EXPECT_THAT(Check({.superseded_run_refused = false}), Breaks(kGhostDraws));
}

TEST(DrawsTest, TheNextDrawOfARunIsAnsweredAsItsLast) {
  EXPECT_THAT(Check({.draws_told_apart = false}), Breaks({Invariant::kFenceOnce}));
}

}  // namespace
}  // namespace lockstitch::model

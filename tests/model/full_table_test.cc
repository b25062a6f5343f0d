#include "tests/model/full_table.h"

#include "gtest/gtest.h"
#include "tests/model/expectations.h"

namespace lockstitch::model {
namespace {

using World = FullTableWorld;
using Rules = FullTableRules;

Outcome Check(const World& world, const Rules& rules = {}) {
  return Explore(FullTableModel(world, rules));
}

// The protocol as it is.

TEST(FullTableTest, HoldsWhileTwoRunsMeet) { EXPECT_THAT(Check({}), HoldsOver(14'000)); }

TEST(FullTableTest, HoldsWhileThreeRunsMeet) {
  EXPECT_THAT(Check({.runs = 3, .changes = 2, .reopens = 0}), HoldsOver(100'000));
}

TEST(FullTableTest, HoldsWhenAnExtractionIsAskedForAgain) {
  EXPECT_THAT(Check({.same_fence = true}), HoldsOver(1'000));
}

TEST(FullTableTest, HoldsWhenOwnersAbort) {
  EXPECT_THAT(Check({.aborts = true}), HoldsOver(170'000));
}

TEST(FullTableTest, HoldsWhenTheDestinationCrashes) {
  EXPECT_THAT(Check({.crash = true}), HoldsOver(30'000));
}

TEST(FullTableTest, HoldsWhenCleanMeetsALoad) {
  EXPECT_THAT(Check({.clean = true}), HoldsOver(110'000));
}

// One rule missing. Numbers are the study's, see README.md.

TEST(FullTableTest, Row6ASecondExtractionUnderOneFence) {
  EXPECT_THAT(Check({.same_fence = true}, {.extraction_tested = false}),
              Breaks({Invariant::kOneSnapshot}));
}

TEST(FullTableTest, Row22RecordsRemovedByFinishLoadAndLoadTestsTheFenceOnly) {
  EXPECT_THAT(Check({}, {.closed_when_finished = false, .records_stay = false}),
              Breaks({Invariant::kEnded, Invariant::kOneSnapshot}));
  EXPECT_THAT(Check({}, {.records_stay = false}), HoldsOver(13'000));
}

TEST(FullTableTest, Row32OnlyBeginLoadFences) {
  EXPECT_THAT(Check({}, {.draw_fences = false}), Breaks({Invariant::kSnapshotsForward}));
}

TEST(FullTableTest, Row37ALateAbortLoadAndOneTableNamePerStream) {
  EXPECT_THAT(Check({.aborts = true}, {.abort_by_claim = false}),
              Breaks({Invariant::kOneSnapshot}));
}

TEST(FullTableTest, Row38AnUnloggedTableAndACrash) {
  EXPECT_THAT(Check({.crash = true}, {.logged = false}), Breaks({Invariant::kOneSnapshot}));
}

TEST(FullTableTest, Row39OnlyTheLastResultIsKept) {
  EXPECT_THAT(Check({}, {.every_result_kept = false}), Breaks({Invariant::kCounts}));
}

TEST(FullTableTest, CleanDropsATableWithoutADraw) {
  EXPECT_THAT(Check({.clean = true}, {.clean_draws_fence = false}),
              Breaks({Invariant::kOneSnapshot}));
}

}  // namespace
}  // namespace lockstitch::model

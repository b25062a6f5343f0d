// The protocol as it is, in sizes near those of the study: a minute, and gigabytes of memory.
#include "gtest/gtest.h"
#include "tests/model/draws.h"
#include "tests/model/expectations.h"
#include "tests/model/first_load.h"
#include "tests/model/full_table.h"
#include "tests/model/incremental.h"

namespace lockstitch::model {
namespace {

constexpr size_t kMostStates = 30'000'000;

Outcome Check(const IncrementalWorld& world) {
  return Explore(IncrementalModel(world, {}), kMostStates);
}

TEST(LargeTest, TwoKeyedRunsOpenTheirRangesAgain) { EXPECT_THAT(Check({}), HoldsOver(2'000'000)); }

TEST(LargeTest, TwoKeylessRunsOpenTheirRangesAgain) {
  EXPECT_THAT(Check({.keyed = false}), HoldsOver(3'000'000));
}

TEST(LargeTest, FourTransactionsWithoutAKey) {
  EXPECT_THAT(Check({.keyed = false,
                     .runs = 1,
                     .transactions = 3,
                     .writes = 4,
                     .last_clock = 4,
                     .keys_before = {}}),
              HoldsOver(700'000));
}

TEST(LargeTest, ThreeKeysOpenedTwiceAgain) {
  EXPECT_THAT(Check({.runs = 1, .writes = 3, .last_clock = 4, .rows = 3, .reopens = 2}),
              HoldsOver(2'000'000));
}

TEST(LargeTest, TwoRunsInNoOrderAndThreeTransactions) {
  EXPECT_THAT(Check({.keyed = false, .ordered = false, .writes = 3}), HoldsOver(800'000));
}

TEST(LargeTest, ThreeKeylessRunsMeet) {
  EXPECT_THAT(Check({.keyed = false, .runs = 3, .reopens = 0, .ahead = 1}), HoldsOver(3'600'000));
}

TEST(LargeTest, FirstLoadsWithMoreWriters) {
  EXPECT_THAT(Explore(FirstLoadModel({.writes = 3, .last_clock = 4}, {}), kMostStates),
              HoldsOver(3'500'000));
  EXPECT_THAT(
      Explore(FirstLoadModel({.keyed = false, .writes = 4, .last_clock = 4}, {}), kMostStates),
      HoldsOver(670'000));
}

TEST(LargeTest, FullTablesWithAllThatMayHappen) {
  EXPECT_THAT(
      Explore(FullTableModel({.aborts = true, .crash = true, .clean = true}, {}), kMostStates),
      HoldsOver(2'000'000));
}

TEST(LargeTest, ManyDraws) {
  EXPECT_THAT(Explore(DrawsModel({.runs = 3, .draws = 6}, {}), kMostStates), HoldsOver(100'000));
}

}  // namespace
}  // namespace lockstitch::model

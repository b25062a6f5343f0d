#include "tests/model/first_load.h"

#include "gtest/gtest.h"
#include "tests/model/expectations.h"

namespace lockstitch::model {
namespace {

using World = FirstLoadWorld;
using Rules = FirstLoadRules;

constexpr World kKeyed = {};
constexpr World kKeyless = {.keyed = false};
// One writer, who may set a key to NULL.
constexpr World kSetToNull = {
    .transactions = 1, .writes = 1, .null_row = true, .set_to_null = true};
// Keys without an order of time: none commits late, or the guarantee would end there.
constexpr World kWithoutHorizon = {.transactions = 1, .without_horizon = true};

constexpr Violations kStaleForOneRun = {Invariant::kExact};
constexpr Violations kNeverExact = {Invariant::kExact, Invariant::kExactAfterTwo};
constexpr Violations kKeylessRowsLost = {Invariant::kExact, Invariant::kExactAfterTwo,
                                         Invariant::kDurable};
constexpr Violations kKeyedRowsLost = {Invariant::kExact, Invariant::kExactAfterTwo,
                                       Invariant::kDurable, Invariant::kRowPresent};

Outcome Check(const World& world, const Rules& rules = {}) {
  return Explore(FirstLoadModel(world, rules));
}

// The protocol as it is. The last run, which nothing disturbs, may be the second that resumes.

TEST(FirstLoadTest, HoldsWithAKey) { EXPECT_THAT(Check(kKeyed), HoldsOver(85'000)); }

TEST(FirstLoadTest, HoldsWithoutAKey) { EXPECT_THAT(Check(kKeyless), HoldsOver(15'000)); }

TEST(FirstLoadTest, HoldsWithRowsOfNullKeys) {
  EXPECT_THAT(Check({.transactions = 1, .null_row = true}), HoldsOver(70'000));
  EXPECT_THAT(Check({.keyed = false, .writes = 3, .null_row = true}), HoldsOver(45'000));
}

TEST(FirstLoadTest, HoldsWithoutAHorizon) {
  EXPECT_THAT(Check(kWithoutHorizon), HoldsOver(40'000));
  World keyless = kWithoutHorizon;
  keyless.keyed = false;
  EXPECT_THAT(Check(keyless), HoldsOver(7'000));
}

// Outside the guarantee: a key set to NULL is not seen. But the row stays, if stale.
TEST(FirstLoadTest, ARowSetToNullIsAtWorstStale) {
  EXPECT_THAT(Check(kSetToNull), Breaks(kNeverExact));
}

// One rule missing. Numbers are the study's, see README.md.

TEST(FirstLoadTest, Row7OnlyBeginLoadFencesAndNothingCloses) {
  const Rules rules = {.draw_fences = false, .closing_range = false};
  EXPECT_THAT(Check(kKeyed, rules), Breaks(kKeyedRowsLost));
  EXPECT_THAT(Check(kKeyless, rules), Breaks(kKeylessRowsLost));
}

TEST(FirstLoadTest, OnlyBeginLoadFences) {
  EXPECT_THAT(Check(kKeyed, {.draw_fences = false}), Breaks(kKeyedRowsLost));
}

TEST(FirstLoadTest, Row8NothingCloses) {
  EXPECT_THAT(Check(kKeyed, {.closing_range = false}), Breaks(kStaleForOneRun));
  EXPECT_THAT(Check(kKeyless, {.closing_range = false}), Breaks(kStaleForOneRun));
}

TEST(FirstLoadTest, Row10TheGreatestKeyWins) {
  EXPECT_THAT(Check(kKeyed, {.newer_snapshot_wins = false}), Breaks(kStaleForOneRun));
}

TEST(FirstLoadTest, Row11FinishLoadDemandsTheRangesOfItsFence) {
  EXPECT_THAT(Check(kKeyed, {.finish_takes_all = false}), Breaks({Invariant::kFinishes}));
}

TEST(FirstLoadTest, Row12SeveralRowsOfAKeyWhenItIsBuilt) {
  EXPECT_THAT(Check(kKeyed, {.one_row_per_key = false}), Breaks({Invariant::kUniqueKey}));
}

TEST(FirstLoadTest, Row13BoundariesOfNewerStatistics) {
  EXPECT_THAT(Check(kKeyed, {.boundaries_stored = false}), Breaks(kKeyedRowsLost));
  EXPECT_THAT(Check(kKeyless, {.boundaries_stored = false}), Breaks(kKeylessRowsLost));
}

TEST(FirstLoadTest, Row14ARangeDurableInPartStays) {
  EXPECT_THAT(Check(kKeyless, {.part = Rules::Part::kKept}), Breaks(kKeylessRowsLost));
  EXPECT_THAT(Check(kKeyless, {.part = Rules::Part::kDropped}), HoldsOver(55'000));
}

TEST(FirstLoadTest, Row15TheLastHorizonBoundsTheBookmark) {
  EXPECT_THAT(Check(kKeyed, {.first_horizon = false}), Breaks(kKeyedRowsLost));
  EXPECT_THAT(Check(kKeyless, {.first_horizon = false}), Breaks(kKeylessRowsLost));
}

TEST(FirstLoadTest, TheClosingRangeDoesNotDeleteWhatItReadsAgain) {
  EXPECT_THAT(Check(kKeyless, {.closing_deletes_first = false}), Breaks(kStaleForOneRun));
}

TEST(FirstLoadTest, TheClosingRangeLeavesOutNullKeys) {
  Violations absent = kNeverExact;
  absent.Add(Invariant::kRowPresent);
  EXPECT_THAT(Check(kSetToNull, {.closing_reads_null = false}), Breaks(absent));
}

TEST(FirstLoadTest, AnotherOwnersClosingRangeCounts) {
  EXPECT_THAT(Check(kKeyed, {.closing_by_each_owner = false}), Breaks(kStaleForOneRun));
  EXPECT_THAT(Check(kKeyless, {.closing_by_each_owner = false}), Breaks(kStaleForOneRun));
}

TEST(FirstLoadTest, ALoadWithoutAHorizonIsResumed) {
  Violations absent = kNeverExact;
  absent.Add(Invariant::kRowPresent);
  EXPECT_THAT(Check(kWithoutHorizon, {.resumed_with_horizon = false}), Breaks(absent));
}

}  // namespace
}  // namespace lockstitch::model

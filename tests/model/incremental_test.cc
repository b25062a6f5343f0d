#include "tests/model/incremental.h"

#include "gtest/gtest.h"
#include "tests/model/expectations.h"

namespace lockstitch::model {
namespace {

using World = IncrementalWorld;
using Rules = IncrementalRules;
using Order = Rules::HorizonOrder;
using Reopen = Rules::Reopen;
using Reread = World::Reread;
using SourceTest = Rules::SourceTest;
using Zone = World::Zone;

// What rows lost for good look like: below the bookmark at once, and after another run still.
constexpr Violations kRowsLost = {Invariant::kExact, Invariant::kDurable};
constexpr Violations kRowsLostAndMiscounted = {Invariant::kExact, Invariant::kDurable,
                                               Invariant::kCounts};

// Runs that meet, each sending its chunks once.
constexpr World Meeting(bool keyed) { return {.keyed = keyed, .reopens = 0, .ahead = 1}; }

Outcome Check(const World& world, const Rules& rules = {}) {
  return Explore(IncrementalModel(world, rules));
}

// The protocol as it is.

TEST(IncrementalTest, HoldsWhileTwoKeyedRunsMeet) {
  EXPECT_THAT(Check({.reopens = 0}), HoldsOver(200'000));
}

TEST(IncrementalTest, HoldsWhileTwoKeylessRunsMeet) {
  EXPECT_THAT(Check({.keyed = false, .reopens = 0}), HoldsOver(120'000));
}

TEST(IncrementalTest, HoldsWhileTwoKeylessRunsMeetAndOpenTheirRangesAgain) {
  EXPECT_THAT(Check({.keyed = false, .keys_before = {}}), HoldsOver(370'000));
}

TEST(IncrementalTest, HoldsWhereNoIndexGivesTheOrder) {
  EXPECT_THAT(Check({.ordered = false, .reopens = 0}), HoldsOver(100'000));
  EXPECT_THAT(Check({.keyed = false, .ordered = false}), HoldsOver(190'000));
}

TEST(IncrementalTest, HoldsWhenAKeyedRangeIsOpenedAgainAfterSomeOfItsChunks) {
  EXPECT_THAT(Check({.runs = 1, .writes = 3, .reopens = 2}), HoldsOver(360'000));
}

TEST(IncrementalTest, HoldsWhenAKeylessRangeIsOpenedAgainAfterSomeOfItsChunks) {
  EXPECT_THAT(Check({.keyed = false,
                     .runs = 1,
                     .writes = 3,
                     .last_clock = 4,
                     .keys_before = {},
                     .reopens = 2}),
              HoldsOver(440'000));
}

TEST(IncrementalTest, HoldsWithTransactionsShownLate) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 4, .shown_late = true}),
              HoldsOver(44'000));
}

TEST(IncrementalTest, HoldsWithPreparedTransactions) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 5, .prepares = true, .look_back = 2}),
              HoldsOver(90'000));
}

TEST(IncrementalTest, HoldsWithKeysOfAZoneBehindUtc) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 4, .zone = Zone::kBehind}),
              HoldsOver(18'000));
}

TEST(IncrementalTest, HoldsWithKeysOfAZoneWhoseClockGoesBack) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 6, .zone = Zone::kTurnsBack}),
              HoldsOver(60'000));
}

TEST(IncrementalTest, HoldsWithAKeyOfInfinity) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .writes = 3, .keys_before = {0, kInfinity}}),
              HoldsOver(100'000));
}

TEST(IncrementalTest, HoldsWhenAnExtractionIsAskedForAgain) {
  EXPECT_THAT(Check({.keyed = false, .same_fence = true}), HoldsOver(170'000));
}

TEST(IncrementalTest, DeletesAtTheSourceAreNoChangeOfIt) {
  EXPECT_THAT(Check({.reopens = 0, .deletes = true}), HoldsOver(270'000));
}

// One rule missing, or two where another would mend it. Numbers are the study's, see README.md.

TEST(IncrementalTest, Row4ASecondExtractionUnderOneFenceWithABoundOfItsOwn) {
  const Rules rules = {.extraction_tested = false, .answer_stored = false};
  for (const bool keyed : {true, false}) {
    World world = Meeting(keyed);
    world.same_fence = true;
    EXPECT_THAT(Check(world, rules), Breaks(kRowsLost));
  }
}

TEST(IncrementalTest, Row5ASecondExtractionUnderOneFenceWithTheStoredBound) {
  for (const bool keyed : {true, false}) {
    World world = Meeting(keyed);
    world.same_fence = true;
    EXPECT_THAT(Check(world, {.extraction_tested = false}), Breaks(kRowsLost));
  }
}

TEST(IncrementalTest, Row16ReadingAgainTheVerySameChunksNeedsOnlyTheirNumbers) {
  EXPECT_THAT(
      Check({.keyed = false, .runs = 1, .writes = 3, .keys_before = {}, .reread = Reread::kNothing},
            {.reopen = Reopen::kChunkNumber}),
      HoldsOver(19'000));
}

TEST(IncrementalTest, Row17TiesInAnotherOrderAndChunksCutInsideTies) {
  const Rules rules = {.reopen = Reopen::kChunkNumber, .cut_between_keys = false};
  EXPECT_THAT(
      Check({.keyed = false, .runs = 1, .writes = 3, .keys_before = {}, .reread = Reread::kTies},
            rules),
      Breaks(kRowsLost));
  EXPECT_THAT(
      Check({.runs = 1, .writes = 3, .rows = 3, .keys_before = {}, .reread = Reread::kTies}, rules),
      Breaks(kRowsLost));
}

// FinishLoad's comparison sees the miscount, but not before the bookmark has passed rows.
TEST(IncrementalTest, Row18ChunksCutElsewhereAndToldApartByNumber) {
  const World keyless = {
      .keyed = false, .runs = 1, .writes = 3, .last_clock = 4, .keys_before = {}};
  EXPECT_THAT(Check(keyless, {.reopen = Reopen::kChunkNumber}), Breaks(kRowsLost));
  const Rules rules = {.reopen = Reopen::kChunkNumber, .extents_compared = false};
  EXPECT_THAT(Check(keyless, rules), Breaks(kRowsLostAndMiscounted));
  EXPECT_THAT(Check({.runs = 1, .writes = 3, .rows = 3, .ahead = 1}, rules),
              Breaks(kRowsLostAndMiscounted));
}

TEST(IncrementalTest, Row19TheDurableKeyInTheAnswerWhileChunksAreSentAhead) {
  World world = {.keyed = false, .runs = 1, .writes = 3, .keys_before = {}};
  const Rules rules = {.reopen = Reopen::kChunkNumberAndKey, .closed_when_finished = false};
  EXPECT_THAT(Check(world, rules), Breaks({Invariant::kCounts}));
  world.ahead = 1;
  EXPECT_THAT(Check(world, rules), HoldsOver(20'000));
}

TEST(IncrementalTest, Row21AttemptsAreFencedButChunksCutInsideTies) {
  const Rules rules = {.cut_between_keys = false};
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .writes = 3, .keys_before = {}}, rules),
              Breaks(kRowsLostAndMiscounted));
  EXPECT_THAT(Check({.runs = 1, .writes = 3, .rows = 3, .keys_before = {}, .ahead = 1}, rules),
              Breaks(kRowsLostAndMiscounted));
}

// A late first chunk also deletes what came after it: rows below the bookmark are gone at once.
TEST(IncrementalTest, Row22RecordsRemovedByFinishLoadAndLoadTestsTheFenceOnly) {
  const World world = {.keyed = false, .runs = 1};
  EXPECT_THAT(Check(world, {.closed_when_finished = false, .records_stay = false}),
              Breaks({Invariant::kExact, Invariant::kEnded, Invariant::kDurable}));
  EXPECT_THAT(Check(world, {.records_stay = false}), HoldsOver(12'000));
}

TEST(IncrementalTest, Row23TheSessionsAreReadBeforeTheClock) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1}, {.horizon_order = Order::kSessionsFirst}),
              Breaks(kRowsLost));
}

TEST(IncrementalTest, Row24TheHorizonIsReadInTheSnapshotsTransaction) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1}, {.horizon_order = Order::kAfterSnapshot}),
              Breaks(kRowsLost));
}

TEST(IncrementalTest, Row25NoMarginForATransactionShownLate) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .shown_late = true}, {.horizon_has_margin = false}),
              Breaks(kRowsLost));
}

TEST(IncrementalTest, Row26PreparedTransactionsAreOverlooked) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 5, .prepares = true, .look_back = 2},
                    {.unknown_while_prepared = false}),
              Breaks(kRowsLost));
}

// One that is prepared between the two looks is seen by neither.
TEST(IncrementalTest, PreparedTransactionsAreLookedForBeforeTheSessions) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 5, .prepares = true, .look_back = 2},
                    {.horizon_order = Order::kPreparedFirst}),
              Breaks(kRowsLost));
}

TEST(IncrementalTest, Row27TheHorizonIsUtcAndTheKeyIsNot) {
  for (const Zone zone : {Zone::kBehind, Zone::kTurnsBack}) {
    EXPECT_THAT(Check({.keyed = false, .runs = 1, .last_clock = 6, .zone = zone},
                      {.horizon_in_zone = false}),
                Breaks(kRowsLost));
  }
}

// A stream without a known horizon but for its last run.
World LookingBack(bool keyed) {
  return {.keyed = keyed,
          .runs = 1,
          .first_clock = 3,
          .last_clock = 6,
          .keys_before = keyed ? std::vector<uint8_t>{0, 2} : std::vector<uint8_t>{0, 1, 2},
          .bookmark_before = 2,
          .horizon_hidden = true,
          .shown_to_last = true,
          .look_back = 2};
}

TEST(IncrementalTest, Row28TheLookBackIsSubtractedWhenTheBookmarkIsRead) {
  for (const bool keyed : {true, false}) {
    EXPECT_THAT(Check(LookingBack(keyed), {.look_back_when_written = false}),
                Breaks({Invariant::kExact}));
  }
}

TEST(IncrementalTest, Row29TheLookBackIsSubtractedWhenTheBookmarkIsWritten) {
  for (const bool keyed : {true, false}) EXPECT_THAT(Check(LookingBack(keyed)), HoldsOver(30'000));
  World world = LookingBack(false);
  world.runs = 2;
  world.last_clock = 5;
  world.reopens = 0;
  world.ahead = 1;
  EXPECT_THAT(Check(world), HoldsOver(110'000));
}

TEST(IncrementalTest, Row30TheGreatestKeyTellsOfTheSourceAndOnlyBeginLoadFences) {
  const World world = Meeting(true);
  EXPECT_THAT(Check(world, {.draw_fences = false, .source_test = SourceTest::kGreatestKey}),
              Breaks({Invariant::kSourceUnchanged}));
  EXPECT_THAT(Check(world, {.source_test = SourceTest::kGreatestKey}), HoldsOver(150'000));
}

TEST(IncrementalTest, SoDoesThePositionOfTheLog) {
  EXPECT_THAT(Check(Meeting(false), {.draw_fences = false}), Breaks({Invariant::kSourceUnchanged}));
}

TEST(IncrementalTest, Row31TheGreatestKeyTellsOfTheSourceAndRowsAreDeleted) {
  EXPECT_THAT(Check({.runs = 1, .deletes = true}, {.source_test = SourceTest::kGreatestKey}),
              Breaks({Invariant::kSourceUnchanged}));
}

// With a key as well: what is read from an older bound may be older than what it replaces.
TEST(IncrementalTest, Row33TheBoundIsReadBeforeBeginLoadAndOnlyBeginLoadFences) {
  for (const bool keyed : {true, false}) {
    EXPECT_THAT(Check(Meeting(keyed), {.draw_fences = false,
                                       .bound_read_in_begin_load = false,
                                       .source_test = SourceTest::kNone}),
                Breaks(kRowsLost));
    EXPECT_THAT(Check(Meeting(keyed), {.bound_read_in_begin_load = false}), HoldsOver(100'000));
  }
}

TEST(IncrementalTest, Row34DeletingFromTheBookmarkOfTheMomentHoldsToo) {
  EXPECT_THAT(Check({.keyed = false, .reopens = 0}, {.delete_from_load_bound = false}),
              HoldsOver(120'000));
}

TEST(IncrementalTest, Row35AnUpsertKeepsTheGreaterKey) {
  EXPECT_THAT(Check({.runs = 1, .writes = 3}, {.upsert_always_replaces = false}),
              Breaks({Invariant::kExact}));
}

TEST(IncrementalTest, Row36TwoRangesEachMoveTheBookmark) {
  for (const bool keyed : {true, false}) {
    EXPECT_THAT(Check({.keyed = keyed, .runs = 1, .writes = 3, .reopens = 0},
                      {.bookmark_without_gap = false}),
                Breaks(kRowsLost));
  }
}

// The comparison of keys, by which deletes are found.

using KeysOf = Rules::KeysOf;

World Comparing(int runs) {
  return {
      .runs = runs, .reopens = runs == 1 ? 1 : 0, .ahead = 1, .deletes = true, .compares = true};
}

TEST(IncrementalTest, ComparisonsHold) {
  EXPECT_THAT(Check(Comparing(1)), HoldsOver(28'000));
  EXPECT_THAT(Check(Comparing(2)), HoldsOver(390'000));
}

// A row that is inserted between the two reads, and loaded, is taken for deleted.
TEST(IncrementalTest, KeysReadBeforeTheSnapshotLackRowsThatAreLoaded) {
  EXPECT_THAT(Check(Comparing(1), {.keys_of = KeysOf::kBeforeSnapshot}),
              Breaks({Invariant::kExact, Invariant::kDurable, Invariant::kDeletesFound}));
}

// Nothing is lost, but a row that was deleted before the snapshot and came back after it is found
// late.
TEST(IncrementalTest, KeysReadOnceTheRowsAreDurable) {
  EXPECT_THAT(Check(Comparing(1), {.keys_of = KeysOf::kMoment}),
              Breaks({Invariant::kDeletesFound}));
}

// Rows that a later run has loaded while an earlier one's keys were on their way.
TEST(IncrementalTest, KeysThatComeLateAreAppliedWithoutTheFence) {
  EXPECT_THAT(Check(Comparing(2), {.keys_fenced = false}),
              Breaks({Invariant::kExact, Invariant::kDurable, Invariant::kEnded}));
}

// Of one snapshot both come in any order: it is for the count of keys that the destination lacks
// that they come last.
TEST(IncrementalTest, KeysAppliedBeforeTheRowsAreDurableHoldToo) {
  EXPECT_THAT(Check(Comparing(1), {.keys_after_rows = false}), HoldsOver(70'000));
}

TEST(IncrementalTest, FinishLoadDoesNotDemandTheKeys) {
  EXPECT_THAT(Check(Comparing(1), {.keys_demanded = false}), Breaks({Invariant::kDeletesFound}));
}

TEST(IncrementalTest, TheBookmarkGoesPastTheHorizon) {
  EXPECT_THAT(Check({.keyed = false, .runs = 1}, {.bookmark_within_horizon = false}),
              Breaks(kRowsLost));
}

TEST(IncrementalTest, TheBookmarkIsAssigned) {
  EXPECT_THAT(Check(LookingBack(false), {.bookmark_never_back = false}),
              Breaks({Invariant::kBookmarkForward}));
}

}  // namespace
}  // namespace lockstitch::model

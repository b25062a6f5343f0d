#include "tests/model/owners.h"

#include "gtest/gtest.h"
#include "tests/model/expectations.h"

namespace lockstitch::model {
namespace {

Outcome Check(const OwnersWorld& world, const OwnersRules& rules = {}) {
  return Explore(OwnersModel(world, rules));
}

TEST(OwnersTest, HoldsBesideASync) { EXPECT_THAT(Check({}), HoldsOver(30'000)); }

TEST(OwnersTest, HoldsBesideASyncThatResets) {
  EXPECT_THAT(Check({.sync_resets = true}), HoldsOver(34'000));
}

TEST(OwnersTest, HoldsWithBookmarksThatAreSet) {
  EXPECT_THAT(Check({.sets_bookmarks = true}), HoldsOver(95'000));
  EXPECT_THAT(Check({.sets_bookmarks = true, .sync_resets = true}), HoldsOver(100'000));
}

// Numbers are the study's, see README.md.

TEST(OwnersTest, Row40HoldsWhereOnlyBeginLoadFences) {
  EXPECT_THAT(Check({}, {.draw_fences = false}), HoldsOver(39'000));
}

TEST(OwnersTest, Row41NoLookAtTheTermBeforeDispatch) {
  EXPECT_THAT(Check({}, {.term_checked = false}), Breaks({Invariant::kOwnerOutranks}));
}

TEST(OwnersTest, Row42ASyncsResetIsCountedAsAGeneration) {
  EXPECT_THAT(Check({.sync_resets = true}, {.sync_reset_uncounted = false}),
              Breaks({Invariant::kResetKept}));
}

TEST(OwnersTest, BeginLoadRepeatedResetsAgain) {
  EXPECT_THAT(Check({.sync_resets = true}, {.answer_stored = false}),
              Breaks({Invariant::kResetFirst}));
}

// Each run that carries it applies it again.
TEST(OwnersTest, AnEditIsAppliedWithoutItsGeneration) {
  for (const bool sets_bookmarks : {false, true}) {
    EXPECT_THAT(Check({.sets_bookmarks = sets_bookmarks}, {.generation_stored = false}),
                Breaks({Invariant::kResetOnce}));
  }
}

// A run that is under way moves the bookmark on from where it began.
TEST(OwnersTest, AnEditIsAppliedWhenItIsMade) {
  EXPECT_THAT(Check({.sets_bookmarks = true}, {.edit_in_begin_load = false}),
              Breaks({Invariant::kResetFirst}));
}

TEST(OwnersTest, AResetFindsABookmarkThatWasSetBefore) {
  EXPECT_THAT(Check({.sets_bookmarks = true}, {.bookmark_forgotten = false}),
              Breaks({Invariant::kResetKept}));
}

}  // namespace
}  // namespace lockstitch::model

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

}  // namespace
}  // namespace lockstitch::model

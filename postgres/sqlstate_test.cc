#include "postgres/sqlstate.h"

#include "gtest/gtest.h"

namespace lockstitch::postgres {
namespace {

TEST(SqlStateTest, TheSideDecidesWhatACodeMeans) {
  EXPECT_EQ(ReasonForSqlState("42501", Side::kSource), Reason::kSourcePermissionDenied);
  EXPECT_EQ(ReasonForSqlState("42501", Side::kDestination), Reason::kDestinationPermissionDenied);
  EXPECT_EQ(ReasonForSqlState("40P01", Side::kSource), Reason::kSourceConflict);
  EXPECT_EQ(ReasonForSqlState("40P01", Side::kDestination), Reason::kDestinationConflict);
  EXPECT_EQ(ReasonForSqlState("40P01", Side::kCatalog), Reason::kCatalogConflict);
  EXPECT_EQ(ReasonForSqlState("42501", Side::kCatalog), Reason::kCatalogWriteFailed);
}

TEST(SqlStateTest, AClassStandsForItsCodesUnlessOneHasARowOfItsOwn) {
  EXPECT_EQ(ReasonForSqlState("08006", Side::kSource), Reason::kConnectionLost);
  EXPECT_EQ(ReasonForSqlState("57P05", Side::kCatalog), Reason::kConnectionLost);
  EXPECT_EQ(ReasonForSqlState("22P03", Side::kDestination), Reason::kValueRejected);
  EXPECT_EQ(ReasonForSqlState("23505", Side::kDestination), Reason::kKeyNotUnique);
}

TEST(SqlStateTest, UnknownCodesAreFinal) {
  for (const Side side : {Side::kSource, Side::kDestination, Side::kCatalog}) {
    EXPECT_EQ(InfoOf(ReasonForSqlState("XX000", side)).owner, Owner::kUser);
  }
}

TEST(SqlStateTest, AnErrorKeepsItsCode) {
  EXPECT_EQ(SqlStateOf(SqlError(kLockNotAvailable, Side::kDestination, "no")), kLockNotAvailable);
  EXPECT_EQ(SqlStateOf(absl::OkStatus()), "");
}

}  // namespace
}  // namespace lockstitch::postgres

#include "access/request_limit.h"

#include "gtest/gtest.h"

namespace lockstitch::access {
namespace {

const absl::Time kStart = absl::UnixEpoch();

TEST(RequestLimitTest, AMinutesRequestsGoAtOnceAndOneMoreAsTimePasses) {
  RequestLimit limit(60);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limit.Take("a", kStart), absl::ZeroDuration()) << i;
  EXPECT_EQ(limit.Take("a", kStart), absl::Seconds(1));
  EXPECT_EQ(limit.Take("a", kStart + absl::Milliseconds(500)), absl::Milliseconds(500));
  EXPECT_EQ(limit.Take("a", kStart + absl::Seconds(1)), absl::ZeroDuration());
  EXPECT_GT(limit.Take("a", kStart + absl::Seconds(1)), absl::ZeroDuration());
}

TEST(RequestLimitTest, ABucketHoldsNoMoreThanAMinutes) {
  RequestLimit limit(2);
  EXPECT_EQ(limit.Take("a", kStart), absl::ZeroDuration());
  const absl::Time later = kStart + absl::Hours(1);
  EXPECT_EQ(limit.Take("a", later), absl::ZeroDuration());
  EXPECT_EQ(limit.Take("a", later), absl::ZeroDuration());
  EXPECT_EQ(limit.Take("a", later), absl::Seconds(30));
}

TEST(RequestLimitTest, EachPrincipalHasItsOwn) {
  RequestLimit limit(1);
  EXPECT_EQ(limit.Take("a", kStart), absl::ZeroDuration());
  EXPECT_EQ(limit.Take("b", kStart), absl::ZeroDuration());
  EXPECT_GT(limit.Take("a", kStart), absl::ZeroDuration());
}

TEST(RequestLimitTest, AClockThatGoesBackGivesNothing) {
  RequestLimit limit(1);
  EXPECT_EQ(limit.Take("a", kStart + absl::Hours(1)), absl::ZeroDuration());
  EXPECT_GT(limit.Take("a", kStart), absl::ZeroDuration());
}

TEST(RequestLimitTest, ZeroIsNoLimit) {
  RequestLimit limit(0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.Take("a", kStart), absl::ZeroDuration());
}

}  // namespace
}  // namespace lockstitch::access

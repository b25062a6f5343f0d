#include "rpc/timestamp.h"

#include "gtest/gtest.h"

namespace lockstitch::rpc {
namespace {

TEST(TimestampTest, KeepsNanoseconds) {
  const absl::Time time = absl::FromUnixSeconds(1'790'000'000) + absl::Nanoseconds(123'456'789);
  EXPECT_EQ(ToTimestamp(time).seconds(), 1'790'000'000);
  EXPECT_EQ(ToTimestamp(time).nanos(), 123'456'789);
  EXPECT_EQ(FromTimestamp(ToTimestamp(time)), time);
}

// A message's nanoseconds are never negative.
TEST(TimestampTest, CountsForwardBefore1970) {
  const absl::Time time = absl::FromUnixNanos(-1);
  EXPECT_EQ(ToTimestamp(time).seconds(), -1);
  EXPECT_EQ(ToTimestamp(time).nanos(), 999'999'999);
  EXPECT_EQ(FromTimestamp(ToTimestamp(time)), time);
}

}  // namespace
}  // namespace lockstitch::rpc

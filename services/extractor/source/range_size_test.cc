#include "services/extractor/source/range_size.h"

#include "gtest/gtest.h"

namespace lockstitch::extractor {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kGiB = int64_t{1} << 30;

uint32_t RangesOf(int64_t bytes, uint32_t sessions, uint32_t wanted = 0) {
  return CountRanges(bytes, RangeBytes(bytes, sessions, wanted));
}

TEST(RangeSizeTest, WhatTheUserWantsHolds) {
  for (const int64_t bytes : {kMiB, 100 * kMiB + 7, 3 * kGiB}) {
    for (const uint32_t wanted : {1u, 2u, 3u, 7u, 16u})
      EXPECT_EQ(RangesOf(bytes, 1, wanted), wanted);
  }
  EXPECT_EQ(RangesOf(0, 2, 3), 1u);
}

TEST(RangeSizeTest, SmallTablesAreReadAtOnce) {
  EXPECT_EQ(RangesOf(0, 4), 1u);
  EXPECT_EQ(RangesOf(90 * kMiB, 4), 1u);
}

TEST(RangeSizeTest, EachSessionGetsSeveral) {
  EXPECT_EQ(RangesOf(kGiB, 2), 8u);
  EXPECT_EQ(RangesOf(kGiB, 4), 16u);
  EXPECT_EQ(RangesOf(300 * kMiB, 4), 5u);
}

TEST(RangeSizeTest, LargeTablesAreCutForOneSessionAsWell) {
  EXPECT_EQ(RangesOf(512 * kMiB, 1), 1u);
  EXPECT_EQ(RangesOf(10 * kGiB, 1), 20u);
  EXPECT_EQ(RangesOf(100 * kGiB, 4), 200u);
}

TEST(RangeSizeTest, ThereIsAnEndToIt) { EXPECT_EQ(RangesOf(20'000 * kGiB, 4), 512u); }

TEST(RangeSizeTest, PartsOfATableGetTheirShare) {
  const int64_t range_bytes = RangeBytes(4 * kGiB, 4, 0);
  EXPECT_EQ(CountRanges(3 * kGiB, range_bytes), 12u);
  EXPECT_EQ(CountRanges(kGiB, range_bytes), 4u);
  EXPECT_EQ(CountRanges(kMiB, range_bytes), 1u);
}

}  // namespace
}  // namespace lockstitch::extractor

#include "services/extractor/source/full_table.h"

#include "gtest/gtest.h"

namespace lockstitch::extractor {
namespace {

TEST(CutByBlocksTest, RangesMeetAndLeaveNothingOut) {
  const auto ranges = CutByBlocks(v1::TABLE_KIND_TABLE, 10, 150000, 3);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_FALSE(ranges[0].has_lower());
  EXPECT_EQ(ranges[0].upper(), "(3,0)");
  EXPECT_EQ(ranges[1].lower(), "(3,0)");
  EXPECT_EQ(ranges[1].upper(), "(6,0)");
  EXPECT_EQ(ranges[2].lower(), "(6,0)");
  EXPECT_FALSE(ranges[2].has_upper());
}

TEST(CutByBlocksTest, OneRangeWhereThereIsNothingToCut) {
  EXPECT_EQ(CutByBlocks(v1::TABLE_KIND_TABLE, 0, 150000, 4).size(), 1u);
  EXPECT_EQ(CutByBlocks(v1::TABLE_KIND_TABLE, 2, 150000, 4).size(), 2u);
  EXPECT_EQ(CutByBlocks(v1::TABLE_KIND_TABLE, 100, 130000, 4).size(), 1u);
  EXPECT_EQ(CutByBlocks(v1::TABLE_KIND_VIEW, 100, 150000, 4).size(), 1u);
  EXPECT_EQ(CutByBlocks(v1::TABLE_KIND_TABLE, 100, 150000, 0).size(), 1u);
}

TEST(BlockConditionTest, BoundsAreQuoted) {
  v1::RangeBounds bounds;
  EXPECT_EQ(BlockCondition(bounds), "");
  bounds.set_lower("(5,0)");
  EXPECT_EQ(BlockCondition(bounds), "ctid >= '(5,0)'::pg_catalog.tid");
  bounds.set_upper("(9,0)");
  EXPECT_EQ(BlockCondition(bounds),
            "ctid >= '(5,0)'::pg_catalog.tid AND ctid < '(9,0)'::pg_catalog.tid");
}

}  // namespace
}  // namespace lockstitch::extractor

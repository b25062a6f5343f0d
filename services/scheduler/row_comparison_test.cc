#include "services/scheduler/row_comparison.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kMostKeys = 10;
constexpr v1::RowPlace kComparable = v1::ROW_PLACE_UNSPECIFIED;
constexpr v1::RowPlace kPast = v1::ROW_PLACE_PAST_BOUND;
constexpr v1::RowPlace kNull = v1::ROW_PLACE_NULL_KEY;

v1::RowSums Sums(const std::vector<std::pair<uint64_t, uint64_t>>& buckets) {
  v1::RowSums sums;
  for (const auto& [sum, rows] : buckets) {
    sums.add_bucket_sums(sum);
    sums.add_bucket_rows(rows);
    sums.set_rows(sums.rows() + rows);
    sums.set_row_sum(sums.row_sum() + sum);
  }
  return sums;
}

TEST(RowComparisonTest, RowsAreTheSameByCountAndSum) {
  EXPECT_TRUE(SameRows(Sums({{5, 1}, {6, 2}}), Sums({{5, 1}, {6, 2}})));
  EXPECT_FALSE(SameRows(Sums({{5, 1}}), Sums({{6, 1}})));
  EXPECT_FALSE(SameRows(Sums({{0, 1}}), Sums({{0, 2}})));
}

TEST(RowComparisonTest, RoundsHoldTheBucketsThatDiffer) {
  const v1::RowSums source = Sums({{1, 10}, {2, 10}, {3, 10}, {4, 10}, {5, 50}});
  const v1::RowSums destination = Sums({{1, 10}, {0, 9}, {0, 12}, {4, 9}, {0, 50}});
  EXPECT_THAT(PlanRounds(source, destination, 22),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3), ElementsAre(4)));
  EXPECT_THAT(PlanRounds(source, source, 22), IsEmpty());
}

TEST(RowComparisonTest, WhereAllRowsCompareEachOddOneIsDifferent) {
  const RowClasses classes = ClassRows({{1, 10}, {2, 20}, {3, 30}}, {{3, 31}, {2, 20}, {4, 40}},
                                       /*in_part=*/false, kMostKeys);
  EXPECT_EQ(classes.different, 3);
  EXPECT_THAT(classes.different_keys, ElementsAre(1, 3, 4));
  EXPECT_EQ(classes.deleted_at_source, 0);
}

TEST(RowComparisonTest, KeysThatAreToldHaveABound) {
  EXPECT_THAT(ClassRows({{1, 1}, {2, 2}, {3, 3}}, {}, false, 2).different_keys, ElementsAre(1, 2));
}

TEST(RowComparisonTest, EqualRowsAreCounted) {
  const RowClasses classes =
      ClassRows({{1, 1}, {1, 1}, {2, 2}}, {{1, 1}, {2, 2}, {2, 2}, {2, 2}}, false, kMostKeys);
  EXPECT_EQ(classes.different, 3);
}

struct Case {
  std::vector<ListedRow> source, destination;
  int64_t different, changed, deleted, not_yet;
};

TEST(RowComparisonTest, BelowABoundEachClassIsTold) {
  const Case cases[] = {
      {{{1, 1, kComparable}}, {{1, 1, kComparable}}, 0, 0, 0, 0},
      {{{1, 1, kPast}}, {{1, 1, kComparable}}, 0, 0, 0, 0},
      {{}, {{1, 1, kComparable}}, 0, 0, 1, 0},
      {{}, {{1, 1, kPast}}, 0, 0, 1, 0},
      {{{1, 2, kPast}}, {{1, 1, kComparable}}, 0, 1, 0, 0},
      {{{1, 2, kNull}}, {{1, 1, kComparable}}, 0, 1, 0, 0},
      {{{1, 2, kPast}}, {{1, 1, kPast}}, 0, 1, 0, 0},
      {{{1, 2, kPast}}, {}, 0, 0, 0, 1},
      {{{1, 2, kComparable}}, {{1, 1, kComparable}}, 1, 0, 0, 0},
      {{{1, 2, kComparable}}, {{1, 1, kPast}}, 1, 0, 0, 0},
      {{{1, 2, kComparable}}, {}, 1, 0, 0, 0},
      // Doubled.
      {{{1, 1, kComparable}}, {{1, 1, kComparable}, {1, 1, kComparable}}, 1, 0, 0, 0},
  };
  for (const Case& one : cases) {
    const RowClasses classes = ClassRows(one.source, one.destination, /*in_part=*/true, kMostKeys);
    const auto at = &one - cases;
    EXPECT_EQ(classes.different, one.different) << at;
    EXPECT_EQ(classes.changed_since_load, one.changed) << at;
    EXPECT_EQ(classes.deleted_at_source, one.deleted) << at;
    EXPECT_EQ(classes.not_yet_loaded, one.not_yet) << at;
  }
}

}  // namespace
}  // namespace lockstitch::scheduler

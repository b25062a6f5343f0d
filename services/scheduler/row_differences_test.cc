#include "services/scheduler/row_differences.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Columns id (the key) and v.
v1::ChecksumRequest Request(bool show_values) {
  v1::ChecksumRequest request;
  request.add_columns()->set_source_column("id");
  request.add_columns()->set_source_column("v");
  request.add_key(0);
  const auto shown = ShownColumns(request, show_values);
  request.mutable_describe()->mutable_shown()->Add(shown.begin(), shown.end());
  return request;
}

v1::DescribedRow Row(uint64_t key, uint64_t v, const std::string& id, const char* value = nullptr) {
  v1::DescribedRow row;
  row.set_key(key);
  row.set_row(key * 1000 + v);
  row.add_columns(key);
  row.add_columns(v);
  row.add_shown()->set_text(id);
  row.add_shown()->set_text(id);
  v1::TextValue* shown = row.add_shown();
  if (value != nullptr) shown->set_text(value);
  return row;
}

TEST(RowDifferencesTest, KeysComeFirstAndValuesOnlyIfWanted) {
  v1::ChecksumRequest request = Request(false);
  EXPECT_THAT(ShownColumns(request, false), ElementsAre(0));
  EXPECT_THAT(ShownColumns(request, true), ElementsAre(0, 0, 1));
  request.clear_key();
  request.mutable_compare_below()->set_column(1);
  EXPECT_THAT(ShownColumns(request, false), ElementsAre(1));
}

TEST(RowDifferencesTest, EachKindIsToldInTheOrderOfKeys) {
  const auto told =
      TellDifferences(Request(false), {Row(1, 1, "b"), Row(2, 1, "a"), Row(4, 1, "d")},
                      {Row(2, 2, "a"), Row(3, 1, "c"), Row(4, 1, "d")}, 10);
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[0].kind(), v1::ROW_DIFFERENCE_KIND_CHANGED);
  EXPECT_EQ(told[0].key(0).value(), "a");
  ASSERT_THAT(told[0].columns(), SizeIs(1));
  EXPECT_EQ(told[0].columns(0).column(), "v");
  EXPECT_FALSE(told[0].columns(0).has_source_value());
  EXPECT_EQ(told[1].kind(), v1::ROW_DIFFERENCE_KIND_MISSING);
  EXPECT_THAT(told[1].columns(), SizeIs(0));
  EXPECT_EQ(told[2].kind(), v1::ROW_DIFFERENCE_KIND_EXTRA);
}

TEST(RowDifferencesTest, NumbersComeInTheirOrder) {
  v1::ChecksumRequest request = Request(false);
  const std::vector<v1::DescribedRow> rows = {Row(1, 1, "10"), Row(2, 1, "9"), Row(3, 1, "-2"),
                                              Row(4, 1, "NaN"), Row(5, 1, "9.5")};
  const auto told = [&] {
    std::string keys;
    for (const v1::RowDifference& row : TellDifferences(request, rows, {}, 10))
      keys += row.key(0).value() + " ";
    return keys;
  };
  EXPECT_EQ(told(), "-2 10 9 9.5 NaN ");
  request.mutable_columns(0)->set_wire_type("numeric");
  EXPECT_EQ(told(), "-2 9 9.5 10 NaN ");
}

TEST(RowDifferencesTest, ValuesOfBothEnds) {
  const auto told = TellDifferences(Request(true), {Row(1, 1, "a", "x")}, {Row(1, 2, "a")}, 10);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].columns(0).source_value(), "x");
  EXPECT_FALSE(told[0].columns(0).has_destination_value());
}

TEST(RowDifferencesTest, OnlySoMany) {
  const auto told = TellDifferences(Request(false), {Row(1, 1, "b"), Row(2, 1, "a")}, {}, 1);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].key(0).value(), "a");
}

}  // namespace
}  // namespace lockstitch::scheduler

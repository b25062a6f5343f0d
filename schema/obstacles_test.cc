#include "schema/obstacles.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::schema {
namespace {

using ::testing::HasSubstr;

v1::Column ColumnOf(v1::TypeKind kind) {
  v1::Column column;
  column.set_name("ssn");
  column.mutable_type()->set_kind(kind);
  column.mutable_type()->set_display("thing");
  return column;
}

v1::TableName People() {
  v1::TableName name;
  name.set_schema("public");
  name.set_name("people");
  return name;
}

v1::Table TableOf(const TableAccess& access, std::vector<v1::Column> columns) {
  v1::Table table;
  *table.mutable_name() = People();
  for (v1::Column& column : columns) {
    SetObstacle(access, People(), /*granted=*/false, &column);
    *table.add_columns() = column;
  }
  SetObstacle(access, &table);
  return table;
}

const v1::Column kInteger = ColumnOf(v1::TYPE_KIND_BASE);
const v1::Column kPseudo = ColumnOf(v1::TYPE_KIND_PSEUDO);

TEST(ColumnObstacleTest, AGrantOfTheTableOrOfTheColumnSuffices) {
  v1::Column column = kInteger;
  SetObstacle({}, People(), /*granted=*/false, &column);
  EXPECT_FALSE(column.has_obstacle());
  SetObstacle({.user = "reader", .may_select = false}, People(), /*granted=*/true, &column);
  EXPECT_FALSE(column.has_obstacle());
  SetObstacle({.user = "reader", .may_select = false}, People(), /*granted=*/false, &column);
  EXPECT_EQ(column.obstacle().reason(), "SOURCE_PERMISSION_DENIED");
  EXPECT_THAT(column.obstacle().message(),
              HasSubstr(R"(GRANT SELECT ("ssn") ON "public"."people" TO "reader")"));
}

TEST(ColumnObstacleTest, PseudoTypesAndWhatHoldsThemCannotBeRead) {
  v1::Column array = ColumnOf(v1::TYPE_KIND_ARRAY);
  array.mutable_type()->mutable_element()->set_kind(v1::TYPE_KIND_PSEUDO);
  for (v1::Column column : {kPseudo, array}) {
    SetObstacle({}, People(), /*granted=*/false, &column);
    EXPECT_EQ(column.obstacle().reason(), "COLUMN_UNSUPPORTED");
    EXPECT_EQ(column.obstacle().message(), "values of type thing can't be read");
  }
}

TEST(TableObstacleTest, OneReadableColumnSuffices) {
  EXPECT_FALSE(TableOf({}, {kPseudo, kInteger}).has_obstacle());
  EXPECT_EQ(TableOf({}, {kPseudo}).obstacle().reason(), "COLUMN_UNSUPPORTED");
}

TEST(TableObstacleTest, WithoutColumnsThereIsNothingToRead) {
  EXPECT_EQ(TableOf({}, {}).obstacle().reason(), "COLUMN_UNSUPPORTED");
  EXPECT_EQ(TableOf({}, {}).obstacle().message(), "the table has no columns");
}

TEST(TableObstacleTest, SaysWhatToGrant) {
  EXPECT_THAT(TableOf({.user = "reader", .may_select = false}, {kInteger}).obstacle().message(),
              HasSubstr(R"(GRANT SELECT ON "public"."people" TO "reader")"));
  EXPECT_THAT(TableOf({.user = "reader", .may_use_schema = false}, {kInteger}).obstacle().message(),
              HasSubstr(R"(GRANT USAGE ON SCHEMA "public" TO "reader")"));
}

TEST(TableObstacleTest, RowSecurityAndEmptyViewsStandInTheWay) {
  const v1::Obstacle hidden =
      TableOf({.user = "reader", .row_security = true}, {kInteger}).obstacle();
  EXPECT_EQ(hidden.reason(), "SOURCE_PERMISSION_DENIED");
  EXPECT_THAT(hidden.message(), HasSubstr(R"(ALTER ROLE "reader" BYPASSRLS)"));
  const v1::Obstacle empty = TableOf({.populated = false}, {kInteger}).obstacle();
  EXPECT_EQ(empty.reason(), "SOURCE_VIEW_NOT_POPULATED");
  EXPECT_THAT(empty.message(), HasSubstr(R"(REFRESH MATERIALIZED VIEW "public"."people")"));
}

}  // namespace
}  // namespace lockstitch::schema

#include "schema/destination_names.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

TEST(DestinationSchemaTest, IsMadeFromTheName) {
  EXPECT_EQ(*DestinationSchema("shop"), "shop");
  EXPECT_EQ(*DestinationSchema("Stitch Heroku"), "stitch_heroku");
  EXPECT_EQ(*DestinationSchema("a-b.c"), "a_b_c");
}

TEST(DestinationSchemaTest, NamesThatGiveNoSchemaAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("1st"), std::string(64, 'a'), std::string("_lockstitch"),
        std::string("pg_toast"), std::string("Information Schema")}) {
    EXPECT_EQ(ReasonOf(DestinationSchema(name).status()), Reason::kIntegrationInvalid) << name;
  }
}

v1::TableName Table(const std::string& schema, const std::string& name) {
  v1::TableName table;
  table.set_schema(schema);
  table.set_name(name);
  return table;
}

v1::Naming Named(bool include_schema_names, v1::IdentifierStyle style) {
  v1::Naming naming;
  naming.set_include_schema_names(include_schema_names);
  naming.set_identifiers(style);
  return naming;
}

const v1::Naming kPreserve;
const v1::Naming kStitch = Named(false, v1::IDENTIFIER_STYLE_STITCH);

TEST(DestinationTableTest, KeepsTheNameUnlessToldOtherwise) {
  EXPECT_EQ(*DestinationTable(Table("public", "Order items!"), kPreserve), "Order items!");
  EXPECT_EQ(*DestinationTable(Table("Sales", "größe"), Named(true, {})), "Sales__größe");
}

TEST(DestinationTableTest, StitchsCharacters) {
  EXPECT_EQ(*DestinationTable(Table("public", "customer!id"), kStitch), "customerid");
  EXPECT_EQ(*DestinationTable(Table("public", "Order items 2"), kStitch), "Order items 2");
  EXPECT_EQ(*DestinationTable(Table("public", "1 _a1"), kStitch), "_a1");
  EXPECT_EQ(*DestinationTable(Table("a-b", "grüße"), Named(true, v1::IDENTIFIER_STYLE_STITCH)),
            "ab__gre");
}

TEST(DestinationTableTest, NamesThatDoNotFitAreRefused) {
  const auto reason = [](const v1::TableName& table, const v1::Naming& naming) {
    return ReasonOf(DestinationTable(table, naming).status());
  };
  // 21 characters of three bytes each are 63 bytes, as long as a name may be.
  std::string wide;
  for (int i = 0; i < 21; ++i) wide += "日";
  EXPECT_EQ(*DestinationTable(Table("s", wide), kPreserve), wide);
  EXPECT_EQ(reason(Table("s", wide), Named(true, {})), Reason::kDestinationNameInvalid);
  EXPECT_EQ(reason(Table("s", "日本"), kStitch), Reason::kDestinationNameInvalid);
  EXPECT_EQ(reason(Table("s", "_lockstitch_load_1_1"), kPreserve),
            Reason::kDestinationNameReserved);
}

TEST(DestinationColumnsTest, CollisionsNameBothSides) {
  EXPECT_EQ(*DestinationColumns({"a", "A", "a!"}, kPreserve, v1::SYSTEM_COLUMNS_STITCH),
            (std::vector<std::string>{"a", "A", "a!"}));
  const absl::Status status =
      DestinationColumns({"a", "b", "a!"}, kStitch, v1::SYSTEM_COLUMNS_STITCH).status();
  EXPECT_EQ(ReasonOf(status), Reason::kDestinationNameCollision);
  EXPECT_EQ(status.message(), "columns a and a! would both be named a");
}

TEST(DestinationColumnsTest, WhatPostgresTablesCannotHave) {
  EXPECT_EQ(ReasonOf(DestinationColumns({"ct#id"}, kStitch, v1::SYSTEM_COLUMNS_NONE).status()),
            Reason::kDestinationNameReserved);
  std::vector<std::string> columns;
  for (int i = 0; i < 1597; ++i) columns.push_back("c" + std::to_string(i));
  EXPECT_TRUE(DestinationColumns(columns, kPreserve, v1::SYSTEM_COLUMNS_NONE).ok());
  EXPECT_EQ(ReasonOf(DestinationColumns(columns, kPreserve, v1::SYSTEM_COLUMNS_STITCH).status()),
            Reason::kDestinationColumnsExceeded);
}

TEST(DestinationColumnsTest, SystemColumnsReserveTheirPrefix) {
  EXPECT_EQ(
      ReasonOf(DestinationColumns({"_sdc_x"}, kPreserve, v1::SYSTEM_COLUMNS_UNSPECIFIED).status()),
      Reason::kDestinationNameReserved);
  EXPECT_TRUE(DestinationColumns({"_sdc_x"}, kPreserve, v1::SYSTEM_COLUMNS_NONE).ok());
}

TEST(SystemColumnsTest, StitchsAreTheDefault) {
  EXPECT_EQ(SystemColumnsOf(v1::SYSTEM_COLUMNS_UNSPECIFIED).size(), 4u);
  EXPECT_EQ(SystemColumnsOf(v1::SYSTEM_COLUMNS_STITCH)[0].name, "_sdc_received_at");
  EXPECT_TRUE(SystemColumnsOf(v1::SYSTEM_COLUMNS_NONE).empty());
}

TEST(SplitColumnNameTest, TellsTheTypeWithoutItsModifiers) {
  EXPECT_EQ(SplitColumnName("a", "integer", 1), "a__integer");
  EXPECT_EQ(SplitColumnName("a", "integer", 2), "a__integer_2");
  EXPECT_EQ(SplitColumnName("A b", "timestamp(3) with time zone", 1),
            "A b__timestamp_with_time_zone");
  EXPECT_EQ(SplitColumnName("a", "numeric(10,2)[]", 1), "a__numeric_array");
  EXPECT_EQ(SplitColumnName("a", "\"char\"", 1), "a___char_");
  EXPECT_EQ(SplitColumnName("a", "ext.Type", 1), "a__ext_type");
}

TEST(SplitColumnNameTest, FitsPostgresNames) {
  EXPECT_EQ(SplitColumnName(std::string(63, 'a'), "text", 1), std::string(57, 'a') + "__text");
  EXPECT_EQ(SplitColumnName(std::string(63, 'a'), "text", 12), std::string(54, 'a') + "__text_12");
  const std::string umlauts = SplitColumnName(std::string(56, 'a') + "ä", "text", 1);
  EXPECT_EQ(umlauts, std::string(56, 'a') + "__text");
  EXPECT_EQ(SplitColumnName("a", std::string(100, 't'), 1).size(), 32u);
}

}  // namespace
}  // namespace lockstitch::schema

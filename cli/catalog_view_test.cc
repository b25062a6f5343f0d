#include "cli/catalog_view.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Table Orders() {
  v1::Table table;
  table.mutable_name()->set_schema("public");
  table.mutable_name()->set_name("orders");
  table.set_kind(v1::TABLE_KIND_PARTITIONED_TABLE);
  table.set_row_estimate(150'000);
  table.set_size_bytes(20'100'000);
  table.set_comment("What was bought");
  table.set_partitions(12);
  table.add_primary_key("id");
  v1::Column* id = table.add_columns();
  id->set_name("id");
  id->mutable_type()->set_display("bigint");
  id->set_generation(v1::COLUMN_GENERATION_IDENTITY);
  v1::Column* secret = table.add_columns();
  secret->set_name("secret");
  secret->mutable_type()->set_display("text");
  secret->set_nullable(true);
  secret->set_default_expression("'x'::text");
  secret->set_comment("Hush");
  secret->mutable_obstacle()->set_reason("SOURCE_PERMISSION_DENIED");
  secret->mutable_obstacle()->set_message("the user may not read it");
  v1::UniqueIndex* index = table.add_unique_indexes();
  index->set_name("orders_code_key");
  index->add_columns("secret");
  v1::ReplicationKeyCandidate* key = table.add_replication_keys();
  key->set_column("id");
  key->set_indexed(true);
  table.mutable_recommendation()->set_method("INCREMENTAL");
  table.mutable_recommendation()->set_replication_key("id");
  table.mutable_recommendation()->set_reason("Because.");
  return table;
}

v1::Table Blocked() {
  v1::Table table;
  table.mutable_name()->set_schema("public");
  table.mutable_name()->set_name("locked");
  table.set_kind(v1::TABLE_KIND_MATERIALIZED_VIEW);
  table.set_row_estimate(-1);
  table.mutable_obstacle()->set_reason("SOURCE_VIEW_NOT_POPULATED");
  table.mutable_obstacle()->set_message("it was never filled");
  return table;
}

TEST(TableJsonTest, HasEverything) {
  EXPECT_EQ(nlohmann::json::parse(TableJson(Orders())), nlohmann::json::parse(R"({
    "stream": "public.orders", "kind": "partitioned table", "is_view": false, "row_estimate": 150000,
    "size_bytes": 20100000, "comment": "What was bought", "partitions": 12, "inherits": [],
    "primary_key": ["id"],
    "unique_indexes": [{"name": "orders_code_key", "columns": ["secret"], "identifies_rows": false}],
    "replication_keys": [{"column": "id", "indexed": true, "tracks_updates": false}],
    "recommendation": {"method": "INCREMENTAL", "replication_key": "id", "reason": "Because."},
    "obstacle": null,
    "columns": [
      {"name": "id", "type": "bigint", "nullable": false, "default": null, "generated": "identity",
       "comment": null, "obstacle": null},
      {"name": "secret", "type": "text", "nullable": true, "default": "'x'::text", "generated": null,
       "comment": "Hush", "obstacle": {"reason": "SOURCE_PERMISSION_DENIED",
                                       "message": "the user may not read it"}}]})"));
}

TEST(TableJsonTest, WhatIsUnknownIsNull) {
  const auto json = nlohmann::json::parse(TableJson(Blocked()));
  EXPECT_TRUE(json["row_estimate"].is_null());
  EXPECT_TRUE(json["recommendation"].is_null());
  EXPECT_TRUE(json["is_view"]);
  EXPECT_EQ(json["obstacle"]["reason"], "SOURCE_VIEW_NOT_POPULATED");
}

TEST(TableJsonTest, AnyNameIsText) {
  v1::Table table = Orders();
  for (const char* name : {"qu\"ote", "back\\slash", "new\nline", "gr\u00f6\u00dfe", ""}) {
    table.mutable_columns(0)->set_name(name);
    EXPECT_EQ(nlohmann::json::parse(TableJson(table))["columns"][0]["name"], name);
  }
  table.mutable_columns(0)->mutable_type()->set_display("broken \xff");
  EXPECT_EQ(nlohmann::json::parse(TableJson(table))["columns"][0]["type"], "broken \ufffd");
}

TEST(CatalogTextTest, OneLineEachThenObstacles) {
  CatalogText catalog;
  catalog.Add(Blocked());
  catalog.Add(Orders());
  EXPECT_THAT(
      catalog.Text(),
      HasSubstr("STREAM         KIND                   ROWS     SIZE  COLUMNS  PRIMARY KEY  "
                "RECOMMENDED\n"
                "public.locked  materialized view         ?      0 B        0               none, "
                "see below\n"
                "public.orders  partitioned table  ~150,000  20.1 MB   1 of 2  id           "
                "INCREMENTAL by id\n"
                "\n"
                "public.locked: SOURCE_VIEW_NOT_POPULATED\n"
                "  it was never filled\n"
                "public.orders: columns that can't be selected: secret\n"));
}

TEST(CatalogTextTest, AnEmptyCatalogSaysSo) {
  EXPECT_THAT(CatalogText().Text(), HasSubstr("no table or view"));
}

TEST(TableTextTest, ShowsColumnsKeysAndWhy) {
  EXPECT_EQ(TableText(Orders()),
            "public.orders: partitioned table, ~150,000 rows, 20.1 MB\n"
            "What was bought\n"
            "Partitions: 12\n"
            "\n"
            "COLUMN  TYPE    NULLABLE  DEFAULT    GENERATED  COMMENT\n"
            "id      bigint  no                   identity\n"
            "secret  text    yes       'x'::text             Hush\n"
            "\n"
            "Primary key: id\n"
            "Unique index orders_code_key: secret (NULLs are not unique)\n"
            "Replication keys, best first:\n"
            "  id: indexed\n"
            "\n"
            "Recommended: INCREMENTAL by id\n"
            "  Because.\n"
            "\n"
            "Column secret: SOURCE_PERMISSION_DENIED\n"
            "  the user may not read it\n");
}

TEST(TableTextTest, WhatBlocksTheWholeTableIsSaidOnce) {
  v1::Table table = Orders();
  table.clear_recommendation();
  table.mutable_obstacle()->set_reason("SOURCE_PERMISSION_DENIED");
  EXPECT_THAT(TableText(table), HasSubstr("public.orders: SOURCE_PERMISSION_DENIED"));
  EXPECT_THAT(TableText(table), Not(HasSubstr("Column secret")));
  EXPECT_THAT(TableText(table), Not(HasSubstr("Recommended")));
}

TEST(TableTextTest, NoNameReachesTheTerminalAsACommand) {
  v1::Table table = Orders();
  const std::string name = "a\x1b[2J\nb";
  table.mutable_name()->set_name(name);
  table.set_comment(name);
  table.set_primary_key(0, name);
  table.mutable_unique_indexes(0)->set_name(name);
  table.mutable_replication_keys(0)->set_column(name);
  table.mutable_recommendation()->set_replication_key(name);
  table.mutable_recommendation()->set_reason(name);
  table.mutable_columns(1)->set_name(name);
  table.mutable_columns(1)->mutable_obstacle()->set_message(name);
  CatalogText catalog;
  catalog.Add(table);
  for (const std::string& text : {TableText(table), catalog.Text()}) {
    EXPECT_THAT(text, HasSubstr("public.a\\x1b[2J\\nb"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\nb")));
  }
}

}  // namespace
}  // namespace lockstitch::cli

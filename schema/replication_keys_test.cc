#include "schema/replication_keys.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::schema {
namespace {

using ::testing::ElementsAre;

v1::DataType Type(const std::string& name) {
  v1::DataType type;
  type.set_schema("pg_catalog");
  type.set_name(name);
  type.set_kind(v1::TYPE_KIND_BASE);
  return type;
}

v1::DataType DomainOver(const v1::DataType& base) {
  v1::DataType type;
  type.set_schema("public");
  type.set_name("mine");
  type.set_kind(v1::TYPE_KIND_DOMAIN);
  *type.mutable_element() = base;
  return type;
}

v1::Column* Add(v1::Table& table, const std::string& name, const v1::DataType& type) {
  v1::Column* column = table.add_columns();
  column->set_name(name);
  *column->mutable_type() = type;
  return column;
}

std::vector<std::string> Keys(v1::Table table, const std::set<std::string>& indexed = {}) {
  AddReplicationKeys(indexed, &table);
  std::vector<std::string> keys;
  for (const auto& key : table.replication_keys()) {
    keys.push_back(key.column() + (key.indexed() ? " indexed" : "") +
                   (key.tracks_updates() ? " tracks" : ""));
  }
  return keys;
}

TEST(FitsReplicationKeyTest, WhatHasOneOrderOnBothSidesFits) {
  for (const char* name : {"timestamptz", "timestamp", "date", "int2", "int4", "int8", "numeric",
                           "text", "varchar", "uuid"}) {
    EXPECT_TRUE(FitsReplicationKey(Type(name))) << name;
    EXPECT_TRUE(FitsReplicationKey(DomainOver(DomainOver(Type(name))))) << name;
  }
  for (const char* name : {"float8", "bool", "json", "jsonb", "inet", "bytea", "time", "interval"})
    EXPECT_FALSE(FitsReplicationKey(Type(name))) << name;
}

TEST(FitsReplicationKeyTest, TypesOfOthersDoNot) {
  v1::DataType type = Type("text");
  type.set_schema("public");
  EXPECT_FALSE(FitsReplicationKey(type));
  type = Type("int4");
  type.set_kind(v1::TYPE_KIND_ENUM);
  EXPECT_FALSE(FitsReplicationKey(type));
  EXPECT_FALSE(FitsReplicationKey(DomainOver(type)));
}

TEST(AddReplicationKeysTest, TheBestComeFirst) {
  v1::Table table;
  Add(table, "name", Type("text"));
  Add(table, "id", Type("int8"));
  Add(table, "payload", Type("jsonb"));
  Add(table, "created_at", Type("timestamptz"));
  Add(table, "updated_at", Type("timestamptz"));
  Add(table, "modified_at", Type("timestamp"));
  EXPECT_THAT(Keys(table, {"id", "modified_at"}),
              ElementsAre("modified_at indexed tracks", "updated_at tracks", "id indexed",
                          "created_at", "name"));
}

TEST(AddReplicationKeysTest, NamesAndTypesTellWhatIsKeptUpToDate) {
  v1::Table table;
  for (const char* name : {"updated_at", "updatedAt", "last_modified", "DateModified", "changed_on",
                           "SystemModstamp", "write_date"}) {
    Add(table, name, DomainOver(Type("timestamptz")));
  }
  for (const std::string& key : Keys(table)) EXPECT_THAT(key, ::testing::HasSubstr(" tracks"));
  v1::Table other;
  Add(other, "update_count", Type("int8"));
  Add(other, "updated_on", Type("date"));
  Add(other, "deleted_at", Type("timestamptz"));
  EXPECT_THAT(Keys(other), ElementsAre("deleted_at", "update_count", "updated_on"));
}

TEST(AddReplicationKeysTest, WhatCannotBeReadIsNoKey) {
  v1::Table table;
  Add(table, "updated_at", Type("timestamptz"))->mutable_obstacle()->set_reason("ANY");
  Add(table, "id", Type("int4"));
  EXPECT_THAT(Keys(table), ElementsAre("id"));
}

}  // namespace
}  // namespace lockstitch::schema

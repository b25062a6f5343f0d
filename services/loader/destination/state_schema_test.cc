#include "services/loader/destination/state_schema.h"

#include "gtest/gtest.h"
#include "services/loader/destination/stream_state.h"
#include "status/reason.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::loader {
namespace {

class StateSchemaTest : public ::testing::Test {
 protected:
  StateSchemaTest() : database_(cluster_.Url("postgres")) {}

  postgres::Connection Open() {
    postgres::Connection::Options options = {.side = postgres::Side::kDestination,
                                             .application_name = "test"};
    options.server.set_url(cluster_.Url("postgres"));
    return *postgres::Connection::Open(options);
  }
  // Every column of the schema's tables, in their order.
  std::string Shape() {
    return database_.Text(
        "SELECT string_agg(table_name || '.' || column_name || ' ' || data_type || ' ' || "
        "is_nullable || ' ' || coalesce(column_default, ''), ',' ORDER BY table_name, "
        "ordinal_position) FROM information_schema.columns WHERE table_schema = '_lockstitch'");
  }

  testing::PostgresCluster cluster_;
  testing::Database database_;
};

TEST_F(StateSchemaTest, EachEarlierVersionComesToTheSameAsAnEmptyDestination) {
  postgres::Connection connection = Open();
  EXPECT_EQ(*StateVersion(connection), std::nullopt);
  ASSERT_TRUE(MigrateState(connection).ok());
  EXPECT_EQ(*StateVersion(connection), kStateVersion);
  const std::string made = Shape();
  for (int version = 1; version < kStateVersion; ++version) {
    database_.Run("DROP SCHEMA _lockstitch CASCADE");
    ASSERT_TRUE(MigrateState(connection, version).ok());
    EXPECT_EQ(*StateVersion(connection), version);
    ASSERT_TRUE(MigrateState(connection).ok());
    EXPECT_EQ(Shape(), made) << version;
  }
}

TEST_F(StateSchemaTest, WhatVersion1KeptIsFoundAfterwards) {
  postgres::Connection connection = Open();
  ASSERT_TRUE(MigrateState(connection, 1).ok());
  database_.Run(
      "INSERT INTO _lockstitch.integrations (uid, destination_schema) VALUES ('u', 'my_shop');"
      "INSERT INTO _lockstitch.streams (integration_uid, source_schema, source_table, "
      "destination_table, fence) VALUES ('u', 'public', 't', 't', 7)");
  ASSERT_TRUE(MigrateState(connection).ok());
  v1::StreamTarget target;
  target.set_integration("My Shop");
  target.mutable_table()->set_schema("public");
  target.mutable_table()->set_name("t");
  ASSERT_TRUE(EnsureStream(connection, target).ok());
  EXPECT_EQ(LockStream(connection, target)->fence, 7);
  // Version 1 had no naming options: others than the defaults are a change.
  target.mutable_naming()->set_include_schema_names(true);
  EXPECT_EQ(ReasonOf(EnsureStream(connection, target)), Reason::kDestinationNamingChanged);
}

TEST_F(StateSchemaTest, ANewerVersionIsRefused) {
  postgres::Connection connection = Open();
  ASSERT_TRUE(MigrateState(connection).ok());
  database_.Run("UPDATE _lockstitch.schema_version SET version = version + 1");
  EXPECT_EQ(ReasonOf(StateVersion(connection).status()), Reason::kDestinationStateTooNew);
  EXPECT_EQ(ReasonOf(MigrateState(connection)), Reason::kDestinationStateTooNew);
}

}  // namespace
}  // namespace lockstitch::loader

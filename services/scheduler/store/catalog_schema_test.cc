#include "services/scheduler/store/catalog_schema.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;

class CatalogSchemaTest : public ::testing::Test {
 protected:
  CatalogSchemaTest() : database_(cluster_.Url("postgres")) {}

  postgres::Connection Open() {
    postgres::Connection::Options options = {.side = postgres::Side::kCatalog,
                                             .application_name = "test"};
    options.server.set_url(cluster_.Url("postgres"));
    return *postgres::Connection::Open(options);
  }
  // Every column, index and constraint of the schema.
  std::string Shape() {
    return database_.Text(
        "SELECT string_agg(line, E'\\n' ORDER BY line) FROM ("
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' "
        "|| coalesce(column_default, '') || coalesce(generation_expression, '') AS line FROM "
        "information_schema.columns WHERE table_schema = 'lockstitch' UNION ALL "
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'lockstitch' UNION ALL "
        "SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'lockstitch'::regnamespace) AS lines(line)");
  }

  testing::PostgresCluster cluster_;
  testing::Database database_;
};

TEST_F(CatalogSchemaTest, EachEarlierVersionComesToTheSameAsAnEmptyDatabase) {
  postgres::Connection connection = Open();
  EXPECT_EQ(*CatalogVersion(connection), 0);
  ASSERT_THAT(MigrateCatalog(connection), IsOk());
  EXPECT_EQ(*CatalogVersion(connection), kCatalogVersion);
  const std::string made = Shape();
  for (int version = 1; version <= kCatalogVersion; ++version) {
    database_.Run("DROP SCHEMA lockstitch CASCADE");
    ASSERT_THAT(MigrateCatalog(connection, version), IsOk());
    EXPECT_EQ(*CatalogVersion(connection), version);
    ASSERT_THAT(MigrateCatalog(connection), IsOk());
    EXPECT_EQ(Shape(), made) << version;
  }
}

TEST_F(CatalogSchemaTest, WhatAnEarlierVersionHasKeptStays) {
  postgres::Connection connection = Open();
  ASSERT_THAT(MigrateCatalog(connection, 1), IsOk());
  database_.Run(
      "INSERT INTO lockstitch.integrations (id, uid, name, destination_schema, schedule, "
      "configured) "
      "VALUES ('shop', 'u', 'Shop', 'shop', '', true);"
      "INSERT INTO lockstitch.jobs (integration_key, revision, trigger, state) SELECT key, 1, 1, 3 "
      "FROM lockstitch.integrations");
  const std::string kept =
      "SELECT i.id || j.job_id FROM lockstitch.jobs j JOIN lockstitch.integrations i ON i.key = "
      "j.integration_key";
  const std::string before = database_.Text(kept);
  ASSERT_THAT(MigrateCatalog(connection), IsOk());
  EXPECT_EQ(*CatalogVersion(connection), kCatalogVersion);
  EXPECT_EQ(database_.Text(kept), before);
  EXPECT_EQ(database_.Int("SELECT version FROM lockstitch.schema_version"), kCatalogVersion);
}

TEST_F(CatalogSchemaTest, OfManyThatStartAtOnceOneMakesIt) {
  std::vector<postgres::Connection> connections;
  for (int i = 0; i < 8; ++i) connections.push_back(Open());
  std::vector<std::thread> starting;
  for (postgres::Connection& connection : connections)
    starting.emplace_back([&] { EXPECT_THAT(MigrateCatalog(connection), IsOk()); });
  for (std::thread& thread : starting) thread.join();
  EXPECT_EQ(database_.Int("SELECT count(*) FROM lockstitch.schema_version"), 1);
  EXPECT_EQ(database_.Int("SELECT count(*) FROM lockstitch.leadership"), 1);
}

TEST_F(CatalogSchemaTest, ANewerVersionIsRefused) {
  postgres::Connection connection = Open();
  ASSERT_THAT(MigrateCatalog(connection), IsOk());
  database_.Run("UPDATE lockstitch.schema_version SET version = version + 1");
  EXPECT_THAT(CatalogVersion(connection), HasReason(Reason::kCatalogTooNew));
  EXPECT_THAT(MigrateCatalog(connection), HasReason(Reason::kCatalogTooNew));
}

}  // namespace
}  // namespace lockstitch::scheduler

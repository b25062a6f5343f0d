// What a source's database sets for its sessions doesn't change what arrives.

#include <string>

#include "gtest/gtest.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using testing::PostgresCluster;

constexpr char kOddSettings[] =
    "ALTER DATABASE source SET array_nulls = off;"
    "ALTER DATABASE source SET quote_all_identifiers = on;"
    "ALTER DATABASE source SET transform_null_equals = on;"
    "ALTER DATABASE source SET IntervalStyle = 'iso_8601';"
    "ALTER DATABASE source SET DateStyle = 'German, DMY';"
    "ALTER DATABASE source SET bytea_output = 'escape'";

// Values that pass through text.
constexpr char kTable[] =
    "CREATE TYPE mood AS ENUM ('sad', 'NULL');"
    "CREATE TYPE pair AS (taken date, took interval, raw bytea);"
    "CREATE TABLE t (id int PRIMARY KEY, moods mood[], class regclass, pairs pair);"
    "INSERT INTO t VALUES (1, ARRAY['sad', NULL]::mood[], 'pg_class',"
    "  ROW('2024-02-01', '1 day 2 hours', '\\x00ff'))";

TEST(SessionSettingsTest, OddOnesOfTheDatabaseDoNotCount) {
  PostgresCluster cluster;
  testing::MakeDatabase(cluster.Url("postgres"), "source");
  testing::MakeDatabase(cluster.Url("postgres"), "destination");
  testing::Database(cluster.Url("source")).Run(kTable);
  testing::Database(cluster.Url("postgres")).Run(kOddSettings);
  const CommandResult sync = testing::RunCommand(
      {.command = {"cli/lockstitch", "sync", "--source", cluster.Url("source"), "--destination",
                   cluster.Url("destination"), "--name", "s"}});
  ASSERT_EQ(sync.status, 0) << sync.out << sync.err;
  testing::Database destination(cluster.Url("destination"));
  EXPECT_EQ(destination.Text("SELECT moods::text FROM s.t"), "{sad,NULL}");
  EXPECT_EQ(destination.Text("SELECT moods[2] IS NULL FROM s.t"), "t");
  EXPECT_EQ(destination.Text("SELECT class::text FROM s.t"), "pg_class");
  EXPECT_EQ(destination.Text("SELECT pairs->>'taken' FROM s.t"), "2024-02-01");
  EXPECT_EQ(destination.Text("SELECT pairs->>'took' FROM s.t"), "1 day 02:00:00");
  EXPECT_EQ(destination.Text("SELECT pairs->>'raw' FROM s.t"), "\\x00ff");
}

}  // namespace
}  // namespace lockstitch::tests

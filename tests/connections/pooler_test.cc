// Poolers in the way.

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "postgres/connection.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/pg_bouncer.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"
#include "tests/connections/steps.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::PgBouncer;
using testing::PostgresCluster;
using ::testing::StartsWith;

PostgresCluster& Cluster() {
  static PostgresCluster cluster;
  return cluster;
}

v1::PostgresConnection KeepsSessions(const std::string& url) {
  v1::PostgresConnection server = ByUrl(url);
  server.set_session_pooler(true);
  return server;
}

v1::CheckStep Pooler(const v1::PostgresConnection& server) {
  const Steps steps = CheckSource(server);
  // What doesn't need a session of its own goes on.
  EXPECT_THAT(Step(steps, "connections"), Passes("left"));
  EXPECT_THAT(Step(steps, "clock"), Passes(""));
  return Step(steps, "pooler");
}

CommandResult Lockstitch(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "cli/lockstitch");
  return testing::RunCommand({.command = arguments});
}

// Another client's answer through the pooler.
std::string Seen(const PgBouncer& pooler, const std::string& database, const std::string& sql) {
  return testing::RunCommand({.command = {"psql", pooler.Url(database), "-XAtc", sql}}).out;
}

class SyncTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    testing::MakeDatabase(Cluster().Url("postgres"), "source");
    testing::MakeDatabase(Cluster().Url("postgres"), "destination");
    testing::Database(Cluster().Url("source"))
        .Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  }
};

TEST(PoolerTest, TheServerItself) {
  EXPECT_THAT(Pooler(ByUrl(Cluster().Url("postgres"))), Passes("none"));
}

TEST(PoolerTest, EveryModeIsRefusedWithoutAWord) {
  for (const char* mode : {"session", "transaction", "statement"}) {
    const PgBouncer pooler(Cluster(), mode);
    for (const Steps& steps : {CheckSource(ByUrl(pooler.Url("postgres"))),
                               CheckDestination(ByUrl(pooler.Url("postgres")))}) {
      EXPECT_THAT(Step(steps, "authenticate"), Passes("lockstitch"));
      EXPECT_THAT(Step(steps, "version"), NotTried());
      EXPECT_THAT(Step(steps, "pooler"), Fails(Reason::kConnectionPooled));
      EXPECT_THAT(Step(steps, "pooler").remedy(), HasSubstr("session_pooler"));
      EXPECT_THAT(Step(steps, "clock"), NotTried());
    }
  }
}

TEST(PoolerTest, SessionModeIsSaid) {
  const PgBouncer pooler(Cluster(), "session");
  EXPECT_THAT(Pooler(KeepsSessions(pooler.Url("postgres"))), Warns("session mode"));
}

TEST(PoolerTest, AWrongWordIsFoundOut) {
  const PgBouncer transaction(Cluster(), "transaction");
  EXPECT_THAT(Pooler(KeepsSessions(transaction.Url("postgres"))), Fails(Reason::kConnectionPooled));
  const PgBouncer statement(Cluster(), "statement");
  EXPECT_THAT(Pooler(KeepsSessions(statement.Url("postgres"))), Fails(Reason::kConnectionPooled));
}

TEST(PoolerTest, APoolOfOneSessionIsNotWaitedFor) {
  const PgBouncer pooler(Cluster(), "session", /*pool_size=*/1);
  const v1::PostgresConnection server =
      KeepsSessions(pooler.Url("postgres") + " connect_timeout=1");
  EXPECT_THAT(Pooler(server), Warns("could not be tried"));
  const absl::StatusOr<postgres::Connection> taken = postgres::Connection::Open({.server = server});
  ASSERT_THAT(taken, IsOk());
  const absl::StatusOr<postgres::Connection> second =
      postgres::Connection::Open({.server = server, .side = postgres::Side::kDestination});
  EXPECT_THAT(second, HasReason(Reason::kConnectionLost));
  EXPECT_THAT(std::string(second.status().message()), StartsWith("destination: "));
}

TEST(PoolerTest, ABackendIsTheServersOwn) {
  const PgBouncer pooler(Cluster(), "session");
  absl::StatusOr<postgres::Connection> connection =
      postgres::Connection::Open({.server = KeepsSessions(pooler.Url("postgres"))});
  ASSERT_THAT(connection, IsOk());
  EXPECT_EQ(testing::Database(Cluster().Url("postgres"))
                .Int("SELECT count(*) FROM pg_stat_activity WHERE pid = " +
                     std::to_string(connection->backend_pid())),
            1);
}

TEST_F(SyncTest, WhoIsRefusedLeavesNothingToOthers) {
  // All clients are given the one session.
  const PgBouncer pooler(Cluster(), "transaction", /*pool_size=*/1);
  const std::string before = Seen(pooler, "source", "SELECT pg_backend_pid()");
  const std::vector<std::vector<std::string>> commands = {
      {"discover", "--source", pooler.Url("source")},
      {"check", "--source", pooler.Url("source")},
      {"check", "--destination", pooler.Url("source")},
      {"sync", "--name", "s", "--source", pooler.Url("source"), "--destination",
       Cluster().Url("destination")},
      {"sync", "--name", "s", "--source", Cluster().Url("source"), "--destination",
       pooler.Url("source")},
  };
  for (std::vector<std::string> command : commands) {
    command.push_back("--output=json");
    const CommandResult result = Lockstitch(command);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.out + result.err, HasSubstr("CONNECTION_POOLED"));
    EXPECT_EQ(Seen(pooler, "source", "SHOW default_transaction_read_only"), "off\n");
    EXPECT_EQ(Seen(pooler, "source", "SHOW search_path"), "\"$user\", public\n");
    EXPECT_EQ(Seen(pooler, "source", "SHOW statement_timeout"), "0\n");
  }
  EXPECT_EQ(Seen(pooler, "source", "SELECT pg_backend_pid()"), before);
}

TEST_F(SyncTest, ThroughSessionMode) {
  const PgBouncer pooler(Cluster(), "session");
  const std::string file = ::testing::TempDir() + "/integration.yaml";
  std::ofstream(file) << "name: shop\nsource:\n  postgres:\n    url: " << pooler.Url("source")
                      << "\n    session_pooler: true\ndestination:\n  postgres:\n    url: "
                      << pooler.Url("destination") << "\n    session_pooler: true\n";
  const CommandResult sync = Lockstitch({"sync", "--file", file});
  EXPECT_EQ(sync.status, 0) << sync.out << sync.err;
  EXPECT_EQ(testing::Database(Cluster().Url("destination")).Int("SELECT count(*) FROM shop.t"), 2);
}

}  // namespace
}  // namespace lockstitch::tests

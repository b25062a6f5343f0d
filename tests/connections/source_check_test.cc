// What a source is asked once a session is there, and how connecting fails.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "tests/connections/steps.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using testing::PostgresCluster;

v1::TableName Table(const std::string& schema, const std::string& name) {
  v1::TableName table;
  table.set_schema(schema);
  table.set_name(name);
  return table;
}

// Listens on loopback and never answers.
class SilentServer {
 public:
  SilentServer() : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(descriptor_, 8), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~SilentServer() { close(descriptor_); }
  const std::string& port() const { return port_; }

 private:
  int descriptor_;
  std::string port_;
};

// Each test has a database of its own.
class SourceCheckTest : public ::testing::Test {
 protected:
  static PostgresCluster& Cluster() {
    static PostgresCluster cluster(
        {.settings = {"allow_system_table_mods = on", "wal_level = replica"}, .tcp = true});
    return cluster;
  }

  SourceCheckTest() {
    static int number = 0;
    name_ = "check_" + std::to_string(++number);
    testing::MakeDatabase(Cluster().Url("postgres"), name_);
    database_ = std::make_unique<testing::Database>(Cluster().Url(name_));
    database_->Run("CREATE ROLE " + name_ + " LOGIN");
  }

  // By the role of the test's own.
  v1::PostgresConnection Reader() {
    v1::PostgresConnection server = ByUrl(Cluster().Url(name_));
    server.set_user(name_);
    return server;
  }

  v1::PostgresConnection Tcp(const std::string& hosts) {
    return ByUrl("postgres://lockstitch@" + hosts + "/" + name_ + "?connect_timeout=2");
  }

  std::string name_;
  std::unique_ptr<testing::Database> database_;
};

TEST_F(SourceCheckTest, AServerThatIsAsItShouldBe) {
  database_->Run("CREATE TABLE t (a int)");
  const Steps steps = CheckSource(ByUrl(Cluster().Url(name_)));
  EXPECT_THAT(Step(steps, "version"), Passes("PostgreSQL 15"));
  EXPECT_THAT(Step(steps, "read_catalog"), Passes("1 table or view"));
  EXPECT_THAT(Step(steps, "role"), Passes("primary"));
  EXPECT_THAT(Step(steps, "privileges"), Passes("1 of 1"));
  EXPECT_THAT(Step(steps, "connections"), Passes("left"));
  EXPECT_THAT(Step(steps, "clock"), Passes("this machine's"));
  for (const v1::CheckStep& step : steps) EXPECT_TRUE(step.has_duration());
}

TEST_F(SourceCheckTest, EveryUnreadableTableIsNamed) {
  database_->Run(
      "CREATE TABLE open (a int); CREATE TABLE half (a int, b int); CREATE TABLE shut (a int); "
      "CREATE SCHEMA hidden; CREATE TABLE hidden.t (a int); GRANT SELECT ON hidden.t TO public; "
      "GRANT SELECT ON open TO public; GRANT SELECT (a) ON half TO public");
  const v1::CheckStep step =
      Step(CheckSource(Reader(),
                       {Table("public", "open"), Table("public", "half"), Table("public", "shut"),
                        Table("hidden", "t"), Table("public", "none")}),
           "privileges");
  EXPECT_THAT(step, Fails(Reason::kSourcePermissionDenied));
  EXPECT_EQ(step.message(), "can't be read: public.shut, hidden.t; aren't there: public.none");
  EXPECT_THAT(Step(CheckSource(Reader(), {Table("public", "none")}), "privileges"),
              Fails(Reason::kStreamNotFound));
  EXPECT_THAT(Step(CheckSource(Reader(), {Table("public", "open")}), "privileges"),
              Passes("the selected stream can"));
}

TEST_F(SourceCheckTest, WithoutASelectionSomethingMustBeReadable) {
  EXPECT_THAT(Step(CheckSource(Reader()), "privileges"), Warns("nothing to read"));
  database_->Run("CREATE TABLE t (a int)");
  EXPECT_THAT(Step(CheckSource(Reader()), "privileges"), Fails(Reason::kSourcePermissionDenied));
}

TEST_F(SourceCheckTest, WhatDiscoveryListsIsCounted) {
  database_->Run(
      "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t FOR VALUES IN "
      "(1); CREATE SCHEMA _lockstitch; CREATE TABLE _lockstitch.state (a int); "
      "CREATE VIEW v AS SELECT 1 AS a; GRANT SELECT ON t TO public");
  const Steps steps = CheckSource(Reader());
  EXPECT_THAT(Step(steps, "read_catalog"), Passes("2 tables and views"));
  EXPECT_THAT(Step(steps, "privileges"), Passes("1 of 2"));
}

TEST_F(SourceCheckTest, TheLimitsOfRoleAndDatabaseCount) {
  database_->Run("ALTER ROLE " + name_ + " CONNECTION LIMIT 3");
  v1::PostgresConnection server = Reader();
  EXPECT_THAT(Step(CheckSource(server), "connections"), Warns("3 left"));
  server.set_max_connections(3);
  EXPECT_THAT(Step(CheckSource(server), "connections"), Passes("0 of the user's 3"));
  database_->Run("ALTER DATABASE " + name_ + " CONNECTION LIMIT 3");
  EXPECT_THAT(Step(CheckSource(server), "connections"), Warns("2 left"));
  database_->Run("ALTER ROLE " + name_ + " CONNECTION LIMIT 0");
  EXPECT_THAT(Step(CheckSource(server), "authenticate"), Fails(Reason::kTooManyConnections));
}

// The server's clock_timestamp() is replaced by one that is wrong.
TEST_F(SourceCheckTest, AClockThatIsOff) {
  database_->Run(
      "ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO true_clock; "
      "CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
      "$$SELECT pg_catalog.true_clock() - interval '60 s'$$");
  EXPECT_THAT(Step(CheckSource(ByUrl(Cluster().Url(name_))), "clock"), Warns("behind"));
}

TEST_F(SourceCheckTest, AHotStandby) {
  PostgresCluster standby({.primary = &Cluster()});
  const Steps steps = CheckSource(ByUrl(standby.Url(name_)));
  EXPECT_THAT(Step(steps, "role"), Passes("standby"));
  EXPECT_THAT(Step(steps, "connections"), Passes("left"));
  EXPECT_THAT(Step(CheckDestination(ByUrl(standby.Url(name_))), "writable"),
              Fails(Reason::kDestinationReadOnly));
  v1::PostgresConnection primary = ByUrl(standby.Url(name_) + "&target_session_attrs=primary");
  EXPECT_THAT(Step(CheckSource(primary), "authenticate"), Fails(Reason::kSessionNotWanted));
}

TEST_F(SourceCheckTest, ASourcesSessionCannotWrite) {
  absl::StatusOr<postgres::Connection> source =
      postgres::Connection::Open({.server = ByUrl(Cluster().Url(name_))});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(ReasonOf(source->Execute("CREATE TABLE x (a int)")), Reason::kSourceQueryFailed);
}

TEST_F(SourceCheckTest, HowConnectingFails) {
  const Steps unknown = CheckSource(Tcp("nowhere.invalid:1"));
  EXPECT_THAT(Step(unknown, "resolve"), Fails(Reason::kHostUnknown));
  EXPECT_THAT(Step(unknown, "connect"), NotTried());
  EXPECT_THAT(Step(CheckSource(Tcp("127.0.0.1:1")), "connect"), Fails(Reason::kHostUnreachable));
  v1::PostgresConnection server = ByUrl(Cluster().Url("nowhere"));
  EXPECT_THAT(Step(CheckSource(server), "authenticate"), Fails(Reason::kDatabaseNotFound));
  EXPECT_THAT(Step(CheckSource(v1::PostgresConnection()), "settings"),
              Fails(Reason::kConnectionStringInvalid));
  server.set_password_file("/nowhere");
  EXPECT_THAT(Step(CheckSource(server), "settings"), Fails(Reason::kConnectionFileUnreadable));
}

TEST_F(SourceCheckTest, AServerThatIsStarting) {
  PostgresCluster standby({.primary = &Cluster(), .hot = false});
  EXPECT_THAT(Step(CheckSource(ByUrl(standby.Url(name_))), "authenticate"),
              Fails(Reason::kServerStarting));
}

TEST_F(SourceCheckTest, AServerThatDoesNotAnswerIsGivenUp) {
  const SilentServer silent;
  const Steps steps = CheckSource(Tcp("127.0.0.1:" + silent.port()));
  EXPECT_THAT(Step(steps, "connect"), Passes(""));
  EXPECT_THAT(Step(steps, "authenticate"), Fails(Reason::kHostUnreachable));
}

TEST_F(SourceCheckTest, TheNextHostIsTriedInTime) {
  const SilentServer silent;
  const std::string good = "127.0.0.1:" + std::to_string(Cluster().port());
  EXPECT_THAT(Step(CheckSource(Tcp("127.0.0.1:1," + good)), "authenticate"), Passes(""));
  EXPECT_THAT(Step(CheckSource(Tcp("nowhere.invalid:1," + good)), "resolve"), Warns("nowhere"));
  EXPECT_THAT(Step(CheckSource(Tcp("127.0.0.1:" + silent.port() + "," + good)), "authenticate"),
              Passes(""));
  const v1::CheckStep both = Step(CheckSource(Tcp("127.0.0.1:1,127.0.0.1:2")), "connect");
  EXPECT_THAT(both, Fails(Reason::kHostUnreachable));
  EXPECT_THAT(both.message(), HasSubstr("127.0.0.1:1: "));
  EXPECT_THAT(both.message(), HasSubstr("127.0.0.1:2: "));
}

}  // namespace
}  // namespace lockstitch::tests

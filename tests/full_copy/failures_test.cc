// What users meet when something is wrong: a reason, a message, a remedy, an exit status, and
// nothing left behind.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/postgres_cluster.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresCluster;

CommandResult Lockstitch(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "cli/lockstitch");
  return testing::RunCommand({.command = arguments});
}

class FailuresTest : public ClustersTest {
 protected:
  FailuresTest() {
    source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  }

  // Runs sync and expects the failure, where it belongs in the JSON, and that no password shows.
  void ExpectFailure(const std::string& source, const std::string& destination,
                     const std::string& reason, bool whole_job) {
    const CommandResult result = Lockstitch(
        {"sync", "--source", source, "--destination", destination, "--name", "s", "--output=json"});
    EXPECT_EQ(result.status, 1) << result.err;
    const auto json = nlohmann::json::parse(result.out);
    EXPECT_EQ(json["job"]["state"], "FAILED");
    const auto& error = whole_job ? json["job"]["error"] : json["streams"][0]["error"];
    EXPECT_EQ(error["reason"], reason) << result.out;
    EXPECT_NE(error["message"], "");
    EXPECT_NE(error["remedy"], "");
    for (const std::string& output : {result.out, result.err}) {
      EXPECT_THAT(output, Not(HasSubstr(PostgresCluster::kPassword)));
      EXPECT_THAT(output, Not(HasSubstr("hunter2")));
    }
  }

  void ExpectNothingLeftBehind() {
    EXPECT_EQ(destination_->Int(
                  "SELECT count(*) FROM pg_namespace WHERE nspname IN ('s', '_lockstitch')"),
              0);
  }
};

TEST_F(FailuresTest, WrongPassword) {
  PostgresCluster strict({.authentication = "scram-sha-256"});
  const std::string wrong =
      "postgresql:///postgres?host=" + strict.socket_folder() + "&user=lockstitch&password=hunter2";
  ExpectFailure(wrong, destination_url_, "AUTHENTICATION_FAILED", /*whole_job=*/true);
  ExpectNothingLeftBehind();
  ExpectFailure(source_url_, wrong, "AUTHENTICATION_FAILED", /*whole_job=*/false);
}

TEST_F(FailuresTest, UnreachableHost) {
  ExpectFailure("postgres://u:hunter2@127.0.0.1:1/db", destination_url_, "HOST_UNREACHABLE",
                /*whole_job=*/true);
  ExpectFailure(source_url_, "postgres://u:hunter2@127.0.0.1:1/db", "HOST_UNREACHABLE",
                /*whole_job=*/false);
  ExpectNothingLeftBehind();
}

TEST_F(FailuresTest, UnknownDatabase) {
  ExpectFailure(SourceCluster().Url("nowhere"), destination_url_, "DATABASE_NOT_FOUND",
                /*whole_job=*/true);
}

TEST_F(FailuresTest, NoConnectionString) {
  ExpectFailure("just hunter2 words", destination_url_, "CONNECTION_STRING_INVALID",
                /*whole_job=*/true);
}

TEST_F(FailuresTest, APasswordThatShouldHaveBeenEncodedIsNotTold) {
  for (const char* source :
       {"postgres://u:x@hunter2@127.0.0.1:1/db", "postgres://u:hunter2/x@127.0.0.1:1/db"}) {
    ExpectFailure(source, destination_url_, "CONNECTION_STRING_INVALID", /*whole_job=*/true);
  }
  const CommandResult stray = Lockstitch({"sync", "postgres://u:hunter2@h/db"});
  EXPECT_EQ(stray.status, 2);
  EXPECT_THAT(stray.out + stray.err, Not(HasSubstr("hunter2")));
}

TEST_F(FailuresTest, ADestinationWhereTheUserMayNotCreate) {
  destination_->Run("CREATE ROLE poor_" + std::to_string(destination_->backend_pid()) +
                    " LOGIN PASSWORD 'hunter2'");
  const std::string poor =
      destination_url_ + "&user=poor_" + std::to_string(destination_->backend_pid());
  ExpectFailure(source_url_, poor, "DESTINATION_PERMISSION_DENIED", /*whole_job=*/false);
  ExpectNothingLeftBehind();
}

TEST_F(FailuresTest, ASourceTableThatMayNotBeRead) {
  const std::string role = "blind_" + std::to_string(source_->backend_pid());
  source_->Run("CREATE ROLE " + role + " LOGIN");
  ExpectFailure(source_url_ + "&user=" + role, destination_url_, "SOURCE_PERMISSION_DENIED",
                /*whole_job=*/false);
}

TEST_F(FailuresTest, ATableThatIsNotOursIsLeftAlone) {
  destination_->Run(
      "CREATE SCHEMA s; CREATE TABLE s.t (mine text); INSERT INTO s.t VALUES ('precious')");
  ExpectFailure(source_url_, destination_url_, "DESTINATION_TABLE_NOT_OURS", /*whole_job=*/false);
  EXPECT_EQ(destination_->Text("SELECT mine FROM s.t"), "precious");
}

TEST_F(FailuresTest, ATableThatTookThePlaceOfOursIsLeftAlone) {
  const std::vector<std::string> sync = {"sync",           "--source", source_url_, "--destination",
                                         destination_url_, "--name",   "s"};
  ASSERT_EQ(Lockstitch(sync).status, 0);
  destination_->Run("DROP TABLE s.t; CREATE TABLE s.t (mine text)");
  ExpectFailure(source_url_, destination_url_, "DESTINATION_TABLE_NOT_OURS", /*whole_job=*/false);
  destination_->Run("DROP TABLE s.t");
  EXPECT_EQ(Lockstitch(sync).status, 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 2);
}

TEST_F(FailuresTest, TheSameNameForAnotherDatabase) {
  ASSERT_EQ(Lockstitch(
                {"sync", "--source", source_url_, "--destination", destination_url_, "--name", "s"})
                .status,
            0);
  testing::MakeDatabase(source_url_, "other_" + std::to_string(source_->backend_pid()));
  const std::string other = SourceCluster().Url("other_" + std::to_string(source_->backend_pid()));
  testing::Database(other).Run("CREATE TABLE t (id int PRIMARY KEY)");
  ExpectFailure(other, destination_url_, "SOURCE_CHANGED", /*whole_job=*/false);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 2);
  EXPECT_EQ(Lockstitch({"sync", "--reset", "--source", other, "--destination", destination_url_,
                        "--name", "s"})
                .status,
            0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 0);
}

TEST_F(FailuresTest, AStateSchemaOfANewerVersion) {
  destination_->Run(
      "CREATE SCHEMA _lockstitch; CREATE TABLE _lockstitch.schema_version AS SELECT 99 AS version");
  ExpectFailure(source_url_, destination_url_, "DESTINATION_STATE_TOO_NEW", /*whole_job=*/false);
}

TEST_F(FailuresTest, WrongUsageExitsWithTwoAndChangesNothing) {
  EXPECT_EQ(Lockstitch({}).status, 2);
  EXPECT_EQ(Lockstitch({"sync", "--name", "s"}).status, 2);
  EXPECT_EQ(Lockstitch({"sync", "--nonsense"}).status, 2);
  EXPECT_EQ(Lockstitch({"sync", "--file", "/nowhere.yaml"}).status, 2);
  EXPECT_EQ(Lockstitch({"check"}).status, 2);
  const CommandResult invalid = Lockstitch(
      {"sync", "--source", source_url_, "--destination", destination_url_, "--name", "1 bad name"});
  EXPECT_EQ(invalid.status, 2);
  EXPECT_THAT(invalid.err, HasSubstr("INTEGRATION_INVALID"));
  ExpectNothingLeftBehind();
}

TEST_F(FailuresTest, CheckSaysWhatIsWrongAndWhatToDo) {
  const CommandResult good =
      Lockstitch({"check", "--source", source_url_, "--destination", destination_url_});
  EXPECT_EQ(good.status, 0) << good.out;
  ExpectNothingLeftBehind();
  const CommandResult bad =
      Lockstitch({"check", "--source", "postgres://127.0.0.1:1/x", "--output=json"});
  EXPECT_EQ(bad.status, 1);
  const auto json = nlohmann::json::parse(bad.out);
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["source"][2]["step"], "connect");
  EXPECT_EQ(json["source"][2]["error"]["reason"], "HOST_UNREACHABLE");
  EXPECT_EQ(json["source"][3]["result"], "skipped");
}

// 150 tables of 1,200 columns with long names: over 16 MiB of catalog.
TEST_F(FailuresTest, DiscoverListsAWideCatalogWhole) {
  source_->Run(
      "DO $$ BEGIN FOR t IN 1..150 LOOP EXECUTE (SELECT format('CREATE TABLE wide_%s (%s)', t, "
      "string_agg(format('%I int', rpad('c' || n || '_', 60, 'x')), ', ')) FROM generate_series(1, "
      "1200) n); "
      "END LOOP; END $$");
  const CommandResult discovered =
      Lockstitch({"discover", "--source", source_url_, "--output=json"});
  ASSERT_EQ(discovered.status, 0) << discovered.out.substr(0, 500);
  const auto json = nlohmann::json::parse(discovered.out);
  EXPECT_EQ(json["streams"].size(), 151u);
  EXPECT_EQ(json["streams"][1]["columns"].size(), 1200u);
}

TEST_F(FailuresTest, NoPasswordShowsInTheProcessList) {
  testing::Rendezvous reading;
  Stack stack({.extractor = "extractor.snapshot.taken=" + reading.action()});
  testing::ChildProcess sync(
      {.command = {"cli/lockstitch", "sync", "--source", source_url_, "--destination",
                   destination_url_, "--name", "s", "--server", stack.scheduler.address()}});
  reading.AwaitArrival();
  const std::string arguments =
      testing::RunCommand({.command = {"cat", "/proc/" + std::to_string(sync.pid()) + "/cmdline"}})
          .out;
  EXPECT_THAT(arguments, HasSubstr("password="));
  EXPECT_THAT(arguments, Not(HasSubstr(PostgresCluster::kPassword)));
  reading.Release();
  EXPECT_EQ(sync.Wait(), 0);
  for (ServiceProcess* service :
       {&stack.loader, &stack.extractor, &stack.discovery, &stack.scheduler}) {
    EXPECT_THAT(service->process().stderr_text(), Not(HasSubstr(PostgresCluster::kPassword)));
  }
}

}  // namespace
}  // namespace lockstitch::tests

#include <signal.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/temporary_folder.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using testing::ChildProcess;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "correct-horse";

// `lockstitch up` with a private catalog, and the command as its client, as a new user has them.
class UpTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new testing::PostgresCluster;
    testing::MakeDatabase(cluster_->Url("postgres"), "shop");
    testing::MakeDatabase(cluster_->Url("postgres"), "warehouse");
    testing::Database(cluster_->Url("shop"))
        .Run(
            "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, updated_at timestamptz NOT "
            "NULL DEFAULT now() - interval '1 hour'); CREATE INDEX ON orders (updated_at);"
            "INSERT INTO orders SELECT n, n FROM generate_series(1, 1000) AS n;"
            "CREATE TABLE items (id bigint PRIMARY KEY);"
            "INSERT INTO items SELECT generate_series(1, 10)");
  }
  static void TearDownTestSuite() { delete cluster_; }

  void SetUp() override {
    Start();
    WriteFile("schedule: {manual: true}\n");
  }

  // What it has in its folder is left alone by then.
  void TearDown() override {
    up_->Signal(SIGTERM);
    up_->Wait();
  }

  void Start() {
    up_ = std::make_unique<ChildProcess>(ChildProcess::Options{
        .command = {"cli/lockstitch", "up", "--data-dir", folder_.path(), "--listen", "127.0.0.1:0",
                    "--metrics-listen", "127.0.0.1:0"}});
    const std::string line = up_->WaitForLine("lockstitch is up at ");
    const size_t begin = line.find("127.0.0.1:");
    server_ = line.substr(begin, line.find(',') - begin);
  }

  // The integration's file, with more at its end.
  void WriteFile(const std::string& more) const {
    std::ofstream(File()) << "name: shop\nsource: {postgres: \"" << cluster_->Url("shop")
                          << "\"}\ndestination: {postgres: \"" << cluster_->Url("warehouse")
                          << "\"}\nstreams:\n"
                             "  - public.items\n"
                             "  - {stream: public.orders, method: INCREMENTAL, replication_key: "
                             "updated_at}\n"
                          << more;
  }
  std::string File() const { return folder_.path() + "/shop.yaml"; }

  CommandResult Run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "cli/lockstitch");
    CommandResult result = testing::RunCommand(
        {.command = arguments, .environment = {{"LOCKSTITCH_SERVER", server_}}});
    EXPECT_THAT(result.out + result.err, Not(HasSubstr(kSecret)));
    return result;
  }
  json RunForJson(std::vector<std::string> arguments) const {
    arguments.push_back("--output=json");
    const CommandResult result = Run(arguments);
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    return json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  }

  static testing::PostgresCluster* cluster_;
  const testing::TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> up_;
  std::string server_;
};

testing::PostgresCluster* UpTest::cluster_;

TEST_F(UpTest, AFileIsAppliedRunWatchedAndReported) {
  const CommandResult created = Run({"apply", "-f", File()});
  EXPECT_EQ(created.status, 0) << created.err;
  EXPECT_THAT(created.out, AllOf(HasSubstr("shop: created"), HasSubstr("lockstitch run shop")));

  const CommandResult ran = Run({"run", "shop", "--wait"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("shop: SUCCEEDED, 2 of 2 streams, 1,010 rows"));
  EXPECT_EQ(testing::Database(cluster_->Url("warehouse")).Int("SELECT count(*) FROM shop.orders"),
            1000);

  EXPECT_THAT(Run({"logs", "shop"}).out,
              HasSubstr("public.orders: loaded into shop.orders: 1000 rows"));
  const json report = RunForJson({"report", "shop"});
  EXPECT_EQ(report["reports"][1]["stream"], "public.orders");
  EXPECT_EQ(report["reports"][1]["last_load_rows"], 1000);
  EXPECT_EQ(report["reports"][1]["rows_this_month"], 1000);
  const json usage = RunForJson({"usage", "shop"});
  EXPECT_EQ(usage["days"][0]["rows"], 1010);
  EXPECT_EQ(usage["days"][0]["historical_rows"], 1010);

  const json list = RunForJson({"integration", "list"});
  EXPECT_EQ(list["integrations"][0]["state"], "PENDING");
  EXPECT_EQ(list["integrations"][0]["last_job"]["state"], "SUCCEEDED");
  EXPECT_THAT(Run({"jobs", "list", "shop"}).out, AllOf(HasSubstr("MANUAL"), HasSubstr("2/2")));
}

TEST_F(UpTest, AnEditIsShownBeforeItIsMade) {
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  WriteFile("schedule: {every: 30m}\n");
  const CommandResult preview = Run({"apply", "-f", File(), "--dry-run"});
  EXPECT_THAT(preview.out, AllOf(HasSubstr("would be edited"), HasSubstr("schedule.every"),
                                 HasSubstr("schedule.manual")));
  EXPECT_FALSE(RunForJson({"integration", "get", "shop"})["integration"].contains("next_run_at"));
  EXPECT_THAT(Run({"apply", "-f", File()}).out, HasSubstr("shop: edited"));
  EXPECT_THAT(Run({"apply", "-f", File()}).out, HasSubstr("shop: unchanged"));
}

TEST_F(UpTest, WhatIsExportedIsTakenBack) {
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  const CommandResult exported = Run({"export", "shop"});
  EXPECT_THAT(exported.out, HasSubstr("replication_key: updated_at"));
  std::ofstream(File()) << exported.out;
  const CommandResult again = Run({"apply", "-f", File()});
  EXPECT_THAT(again.out, HasSubstr("shop: unchanged")) << again.out << again.err << exported.out;
}

TEST_F(UpTest, ANameThatIsNoSchemaIsFoundAgain) {
  std::ofstream(File()) << "name: my-shop\nsource: {postgres: \"" << cluster_->Url("shop")
                        << "\"}\ndestination: {postgres: \"" << cluster_->Url("warehouse")
                        << "\"}\nstreams: [public.items]\nschedule: {manual: true}\n";
  EXPECT_THAT(Run({"apply", "-f", File()}).out, HasSubstr("my-shop: created"));
  const CommandResult again = Run({"apply", "-f", File()});
  EXPECT_THAT(again.out, HasSubstr("my-shop: unchanged")) << again.err;
  EXPECT_EQ(Run({"run", "my-shop", "--wait"}).status, 0);
}

TEST_F(UpTest, StreamsAreListedSelectedAndSet) {
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  const CommandResult unfit = Run({"streams", "set", "shop", "public.items", "--method",
                                   "INCREMENTAL", "--replication-key", "none"});
  EXPECT_EQ(unfit.status, 1);
  EXPECT_THAT(unfit.err, HasSubstr("COLUMN_NOT_FOUND"));
  EXPECT_THAT(Run({"streams", "deselect", "shop", "public.items"}).out,
              HasSubstr("streams[public.items].selected: (not set) -> false"));
  const json streams = RunForJson({"streams", "list", "shop"});
  ASSERT_EQ(streams["streams"].size(), 2u);
  EXPECT_FALSE(streams["streams"][0].contains("selected"));
  EXPECT_EQ(streams["streams"][1]["selected"], true);
  EXPECT_EQ(Run({"streams", "select", "shop", "public.items"}).status, 0);
}

TEST_F(UpTest, ConnectionsThatDoNotWorkAreNotSaved) {
  std::ofstream(File()) << "name: shop\nsource: {postgres: {host: 127.0.0.1, port: 1, user: u, "
                           "database: d, password: correct-horse}}\ndestination: {postgres: \""
                        << cluster_->Url("warehouse") << "\"}\n";
  const CommandResult refused = Run({"apply", "-f", File()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("INTEGRATION_CHECK_FAILED"));
  EXPECT_THAT(Run({"integration", "list"}).out, HasSubstr("no integrations yet"));
  EXPECT_EQ(Run({"apply", "-f", File(), "--skip-checks"}).status, 0);
}

TEST_F(UpTest, KeepsIntegrationsOverAKill) {
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  up_->Kill();
  Start();
  EXPECT_EQ(RunForJson({"integration", "list"})["integrations"].size(), 1u);
  EXPECT_EQ(Run({"run", "shop", "--wait"}).status, 0);
}

TEST_F(UpTest, GoesOnAfterItsCatalogsServerWasKilled) {
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  pid_t server = 0;
  std::ifstream(folder_.path() + "/catalog/postmaster.pid") >> server;
  ASSERT_GT(server, 1);
  kill(server, SIGKILL);
  up_->WaitForLine("the catalog's server has ended");
  while (Run({"run", "shop", "--wait"}).status != 0) std::this_thread::yield();
  EXPECT_FALSE(up_->Ended());
}

TEST_F(UpTest, StopsCleanlyAndASecondOneIsRefused) {
  const CommandResult second = testing::RunCommand(
      {.command = {"cli/lockstitch", "up", "--data-dir", folder_.path(), "--listen", "127.0.0.1:0",
                   "--metrics-listen", "127.0.0.1:0"}});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr("DATA_FOLDER_IN_USE"));
  up_->Signal(SIGTERM);
  EXPECT_EQ(up_->Wait(), 0);
}

TEST_F(UpTest, ADeletedIntegrationLeavesItsHistoryAndItsName) {
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  ASSERT_EQ(Run({"run", "shop", "--wait"}).status, 0);
  const CommandResult deleted = Run({"integration", "delete", "shop", "--drop-tables"});
  EXPECT_EQ(deleted.status, 0) << deleted.err;
  EXPECT_THAT(deleted.out, HasSubstr("dropped shop.orders"));
  EXPECT_EQ(RunForJson({"usage"})["days"][0]["rows"], 1010);
  EXPECT_EQ(Run({"integration", "get", "shop"}).status, 1);
  EXPECT_THAT(Run({"apply", "-f", File()}).out, HasSubstr("shop: created"));
}

}  // namespace
}  // namespace lockstitch::tests

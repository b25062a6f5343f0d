#include <signal.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "testing/certificate_authority.h"
#include "testing/database.h"
#include "testing/webhook_receiver.h"
#include "tests/command/up_fixture.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;

TEST_F(UpTest, AFileIsAppliedRunWatchedAndReported) {
  const CommandResult created = Run({"apply", "-f", File()});
  EXPECT_EQ(created.status, 0) << created.err;
  EXPECT_THAT(created.out, AllOf(HasSubstr("shop: created"), HasSubstr("lockstitch run shop")));

  const CommandResult ran = Run({"run", "shop", "--wait"});
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("shop: SUCCEEDED, 2 of 2 streams, 1,010 rows"));
  EXPECT_EQ(testing::Database(destination_url_).Int("SELECT count(*) FROM shop.orders"), 1000);

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
  std::ofstream(File()) << "name: my-shop\nsource: {postgres: \"" << source_url_
                        << "\"}\ndestination: {postgres: \"" << destination_url_
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
                        << destination_url_ << "\"}\n";
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
  Stop();
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

TEST_F(UpTest, LoadsAreToldToReceiversThatItIsToldToTrust) {
  const testing::CertificateAuthority authority;
  testing::WebhookReceiver receiver(authority, {});
  Stop();
  Start({"--webhook-ca-file", authority.certificate_file()});
  WriteFile("schedule: {manual: true}\nwebhooks: [{url: \"" + receiver.url() +
            "/?token=correct-horse\", signing_key: correct-horse}]\n");
  ASSERT_EQ(Run({"apply", "-f", File()}).status, 0);
  EXPECT_THAT(Run({"export", "shop"}).out, HasSubstr(receiver.url()));
  ASSERT_EQ(Run({"run", "shop", "--wait"}).status, 0);
  EXPECT_THAT(receiver.Await(2).body, HasSubstr("\"event\":\"load\""));
}

}  // namespace
}  // namespace lockstitch::tests

#include "tests/control_plane/control_plane_test.h"

#include <utility>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace lockstitch::tests {
namespace {

std::string MakeCatalogDatabase(testing::PostgresCluster& cluster) {
  static int number = 0;
  const std::string name = "catalog_" + std::to_string(++number);
  testing::MakeDatabase(cluster.Url("postgres"), name);
  return cluster.Url(name);
}

}  // namespace

testing::PostgresCluster& ControlPlaneTest::CatalogCluster() {
  static testing::PostgresCluster cluster;
  return cluster;
}

ControlPlaneTest::ControlPlaneTest()
    : catalog_url_(MakeCatalogDatabase(CatalogCluster())),
      catalog_database_(std::make_unique<testing::Database>(catalog_url_)),
      secret_keys_(folder_.path() + "/keys") {
  EXPECT_TRUE(scheduler::SecretBox::CreateFile(secret_keys_).ok());
  secrets_ = std::make_unique<scheduler::SecretBox>(*scheduler::SecretBox::Open(secret_keys_));
  v1::PostgresConnection server;
  server.set_url(catalog_url_);
  catalog_ = *scheduler::Catalog::Open(server);
  integrations_ = std::make_unique<scheduler::IntegrationStore>(catalog_.get(), secrets_.get());
  jobs_ = std::make_unique<scheduler::JobStore>(catalog_.get());
  reports_ = std::make_unique<scheduler::ReportStore>(catalog_.get());
}

void ControlPlaneTest::StartServices(const std::string& loader_failpoints) {
  loader_ =
      std::make_unique<ServiceProcess>("loader", std::vector<std::string>(), loader_failpoints);
  discovery_ = std::make_unique<ServiceProcess>("discovery", std::vector<std::string>());
  extractor_ = std::make_unique<ServiceProcess>(
      "extractor", std::vector<std::string>{"--loader=" + loader_->address()});
}

std::unique_ptr<ServiceProcess> ControlPlaneTest::StartScheduler(std::vector<std::string> flags) {
  for (const std::string& flag :
       {"--loader=" + loader_->address(), "--discovery=" + discovery_->address(),
        "--extractor=" + extractor_->address(), "--catalog=" + catalog_url_,
        "--secret-keys=" + secret_keys_}) {
    flags.push_back(flag);
  }
  return std::make_unique<ServiceProcess>("scheduler", flags);
}

std::unique_ptr<ServiceProcess> ControlPlaneTest::StartLeader(std::vector<std::string> flags) {
  std::unique_ptr<ServiceProcess> scheduler = StartScheduler(std::move(flags));
  EXPECT_NE(scheduler->process().WaitForLine("\"leads\""), "");
  return scheduler;
}

v1::Integration ControlPlaneTest::Settings(const std::string& name) {
  v1::Integration integration = IntegrationOf(name, source_url_, destination_url_, {"public.t"}, 2);
  integration.mutable_schedule()->mutable_every()->set_seconds(3600);
  return integration;
}

void ControlPlaneTest::Keep(const v1::Integration& integration) {
  const auto kept = integrations_->Create(
      {.id = integration.name(), .uid = "uid-" + integration.name(), .integration = integration});
  ASSERT_TRUE(kept.ok()) << kept.status();
}

void ControlPlaneTest::MakeTable(int rows) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, repeat('x', "
      "100) FROM generate_series(1, " +
      std::to_string(rows) + ") n");
}

scheduler::KeptJob ControlPlaneTest::AwaitJob(const std::string& integration, v1::JobState state) {
  catalog_database_->Await(
      "SELECT coalesce((SELECT j.state = " + std::to_string(state) +
      " FROM lockstitch.jobs j JOIN lockstitch.integrations i ON i.key = j.integration_key WHERE "
      "i.id = '" +
      integration + "' ORDER BY j.key DESC LIMIT 1), false)");
  return LastJob(integration);
}

scheduler::KeptJob ControlPlaneTest::LastJob(const std::string& integration) {
  return *jobs_->Get(integration, "");
}

std::vector<std::string> ControlPlaneTest::LogOf(const std::string& integration) {
  std::vector<std::string> lines;
  const auto entries = jobs_->ListLogEntries({.integration = integration}, 0, 1000);
  EXPECT_TRUE(entries.ok()) << entries.status();
  for (const scheduler::KeptLogEntry& kept : *entries) lines.push_back(kept.entry.message());
  return lines;
}

int64_t ControlPlaneTest::Usage(const std::string& integration) {
  int64_t rows = 0;
  const absl::CivilDay today = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  const auto usage = reports_->ListUsage(integration, today - 1, today + 1, "", 1000);
  EXPECT_TRUE(usage.ok()) << usage.status();
  for (const v1::UsageDay& day : *usage) rows += day.rows();
  return rows;
}

}  // namespace lockstitch::tests

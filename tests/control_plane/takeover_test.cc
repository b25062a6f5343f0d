// Jobs go on while the scheduler that leads, or the catalog, goes away in the middle of a load.

#include <signal.h>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "testing/rendezvous.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using scheduler::KeptJob;
using ::testing::HasSubstr;
using testing::Rendezvous;
using ::testing::SizeIs;

constexpr int kRows = 20'000;

class TakeoverTest : public ControlPlaneTest {
 protected:
  // Has a run wait in the middle of its first chunk.
  void StartJob() {
    MakeTable(kRows);
    StartServices("loader.chunk.copied=" + copied_.action());
    first_ = StartLeader();
    second_ = StartScheduler();
    Keep(Settings("shop"));
    copied_.AwaitArrival();
    catalog_database_->Await("SELECT fence > 0 FROM lockstitch.runs");
  }

  void AwaitAttached(ServiceProcess& scheduler) {
    EXPECT_THAT(scheduler.process().WaitForLine("\"leads\""), HasSubstr("leads"));
    catalog_database_->Await(
        "SELECT count(*) > 0 FROM lockstitch.log_entries WHERE message LIKE 'goes on with the run "
        "at the extractor%'");
  }

  // Every row once, in the one extraction that was under way.
  void ExpectInterruptedByNothing() {
    copied_.Release();
    const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
    ASSERT_THAT(kept.runs, SizeIs(1));
    EXPECT_EQ(kept.runs[0].attempts(), 1u);
    EXPECT_EQ(kept.runs[0].progress().rows_loaded(), kRows);
    EXPECT_EQ(kept.runs[0].progress().rows_extracted(), kRows);
    EXPECT_EQ(Usage("shop"), kRows);
    ExpectSameContents("t", "shop.t", "id, v");
    EXPECT_EQ(catalog_database_->Int("SELECT count(*) FROM lockstitch.jobs"), 1);
    EXPECT_EQ(catalog_database_->Int("SELECT draws FROM lockstitch.runs"), 1);
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads"), 1);
    EXPECT_EQ(destination_->Int("SELECT sum(rows) FROM _lockstitch.chunks"), kRows);
    EXPECT_EQ(destination_->Int("SELECT sum(attempt) FROM _lockstitch.ranges"), 2);
  }

  Rendezvous copied_;
  std::unique_ptr<ServiceProcess> first_;
  std::unique_ptr<ServiceProcess> second_;
};

TEST_F(TakeoverTest, TheLeaderIsKilled) {
  StartJob();
  first_->process().Kill();
  const absl::Time killed = absl::Now();
  AwaitAttached(*second_);
  EXPECT_LT(absl::Now() - killed, absl::Seconds(5));
  ExpectInterruptedByNothing();
}

TEST_F(TakeoverTest, TheLeaderIsToldToStop) {
  StartJob();
  first_->process().Signal(SIGTERM);
  EXPECT_EQ(first_->process().Wait(), 0);
  AwaitAttached(*second_);
  ExpectInterruptedByNothing();
}

TEST_F(TakeoverTest, TheLeaderIsStoppedAndWakesUp) {
  StartJob();
  first_->process().Signal(SIGSTOP);
  AwaitAttached(*second_);
  first_->process().Signal(SIGCONT);
  EXPECT_THAT(first_->process().WaitForLine("leads no more"), HasSubstr("leads no more"));
  ExpectInterruptedByNothing();
  // It leads again when it comes to that.
  second_->process().Kill();
  catalog_database_->Await("SELECT term = 3 FROM lockstitch.leadership");
  EXPECT_FALSE(first_->process().Ended());
}

TEST_F(TakeoverTest, TheCatalogCrashes) {
  StartJob();
  CatalogCluster().Crash();
  catalog_database_ = std::make_unique<testing::Database>(catalog_url_);
  catalog_database_->Await("SELECT term = 2 FROM lockstitch.leadership");
  ExpectInterruptedByNothing();
}

TEST_F(TakeoverTest, AQueuedRunStartsAtTheNextLeader) {
  MakeTable(kRows);
  StartServices("loader.chunk.copied=" + copied_.action());
  first_ = StartLeader({"--max-runs=1"});
  second_ = StartScheduler();
  v1::Integration settings = Settings("shop");
  source_->Run("CREATE TABLE u (v int); INSERT INTO u VALUES (1)");
  settings.add_streams()->set_stream("public.u");
  Keep(settings);
  copied_.AwaitArrival();
  first_->process().Kill();
  AwaitAttached(*second_);
  // It runs beside the one that waits.
  destination_->Await("SELECT to_regclass('shop.u') IS NOT NULL");
  copied_.Release();
  const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  ASSERT_THAT(kept.runs, SizeIs(2));
  for (const v1::StreamRun& run : kept.runs) EXPECT_EQ(run.attempts(), 1u);
  EXPECT_EQ(Usage("shop"), kRows + 1);
}

TEST_F(TakeoverTest, DiscoveryIsOutOfReach) {
  StartJob();
  discovery_->process().Kill();
  first_->process().Kill();
  AwaitAttached(*second_);
  ExpectInterruptedByNothing();
}

TEST_F(TakeoverTest, AQueuedRunWaitsUntilDiscoveryIsThereAgain) {
  MakeTable(kRows);
  StartServices("loader.chunk.copied=" + copied_.action());
  first_ = StartScheduler({"--max-runs=1"});
  first_->process().WaitForLine("\"leads\"");
  v1::Integration settings = Settings("shop");
  source_->Run("CREATE TABLE u (v int); INSERT INTO u VALUES (1)");
  settings.add_streams()->set_stream("public.u");
  Keep(settings);
  copied_.AwaitArrival();
  discovery_->process().Kill();
  first_->process().Kill();
  second_ = StartScheduler();
  AwaitAttached(*second_);
  discovery_->Restart();
  destination_->Await("SELECT to_regclass('shop.u') IS NOT NULL");
  copied_.Release();
  EXPECT_THAT(AwaitJob("shop", v1::JOB_STATE_SUCCEEDED).runs, SizeIs(2));
  EXPECT_EQ(catalog_database_->Int("SELECT sum(draws) FROM lockstitch.runs"), 2);
}

TEST_F(TakeoverTest, WebhooksTellAllOfRunsThatAnEarlierLeaderEnded) {
  MakeTable(kRows);
  source_->Run("CREATE TABLE u AS SELECT id, v FROM t; ALTER TABLE u ADD PRIMARY KEY (id)");
  StartServices("loader.chunk.copied=" + copied_.action());
  first_ = StartScheduler();
  first_->process().WaitForLine("\"leads\"");
  v1::Integration settings = Settings("shop");
  *settings.add_streams() = settings.streams(0);
  settings.mutable_streams(1)->set_stream("public.u");
  for (v1::StreamSettings& stream : *settings.mutable_streams()) {
    stream.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    stream.set_replication_key("id");
  }
  settings.add_webhooks()->set_url("https://127.0.0.1:1/");
  Keep(settings);
  // One waits, the other ends.
  copied_.AwaitArrival();
  catalog_database_->Await("SELECT count(*) = 1 FROM lockstitch.runs WHERE ended_at IS NOT NULL");
  first_->process().Kill();
  second_ = StartScheduler();
  AwaitAttached(*second_);
  copied_.Release();
  AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(catalog_database_->Int(
                "SELECT count(*) FROM lockstitch.notifications, "
                "jsonb_path_query(body::jsonb, '$ ? (@.table_version == 1 && @.new_version == true "
                "&& @.tables[0].num_rows == 20000 && @.tables[0].primary_keys[0] == \"id\" && "
                "@.tables[0].bookmark_metadata[0].key == \"id\" && "
                "@.tables[0].bookmark_metadata[0].max_value == \"20000\")')"),
            2);
}

// The leader died between the end of the last run and that of the job.
TEST_F(TakeoverTest, AJobWhoseRunsHaveEndedNeedsNoSource) {
  copied_.Release();
  MakeTable(1);
  StartServices();
  first_ = StartScheduler();
  first_->process().WaitForLine("\"leads\"");
  Keep(Settings("shop"));
  AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  first_->process().Kill();
  discovery_->process().Kill();
  catalog_database_->Run("UPDATE lockstitch.jobs SET state = 2, ended_at = NULL");
  second_ = StartScheduler();
  catalog_database_->Await("SELECT state > 2 FROM lockstitch.jobs");
  EXPECT_EQ(LastJob("shop").job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_FALSE(LastJob("shop").job.has_error());
}

// The rename waits for the run's end.
TEST_F(TakeoverTest, ALoadThatWasPublishedMeanwhileCountsThoughItsTableIsGone) {
  StartJob();
  first_->process().Kill();
  second_->process().Kill();
  copied_.Release();
  source_->Run("ALTER TABLE t RENAME TO renamed");
  destination_->Await("SELECT to_regclass('shop.t') IS NOT NULL");
  const auto third = StartScheduler();
  const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  ASSERT_THAT(kept.runs, SizeIs(1));
  EXPECT_EQ(kept.runs[0].progress().rows_loaded(), kRows);
  EXPECT_EQ(Usage("shop"), kRows);
}

}  // namespace
}  // namespace lockstitch::tests

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

// Jobs of a catalog, as real processes run them.

#include "gmock/gmock.h"
#include "rpc/timestamp.h"
#include "testing/rendezvous.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using scheduler::KeptJob;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::Rendezvous;
using ::testing::SizeIs;

constexpr int kRows = 20'000;

class LeaderTest : public ControlPlaneTest {
 protected:
  // Every row once, in one extraction.
  void ExpectLoadedOnce(const std::string& integration, const KeptJob& kept) {
    EXPECT_EQ(kept.job.state(), v1::JOB_STATE_SUCCEEDED) << kept.job.ShortDebugString();
    ASSERT_THAT(kept.runs, SizeIs(1));
    EXPECT_EQ(kept.runs[0].attempts(), 1u);
    EXPECT_EQ(kept.runs[0].progress().rows_loaded(), kRows);
    ExpectSameContents("t", integration + ".t", "id, v");
    EXPECT_EQ(Usage(integration), kRows);
    EXPECT_EQ(catalog_database_->Int("SELECT draws FROM lockstitch.runs"), 1);
    EXPECT_EQ(destination_->Int("SELECT count(DISTINCT fence) FROM _lockstitch.chunks"), 1);
    EXPECT_EQ(destination_->Int("SELECT sum(attempt) FROM _lockstitch.ranges"), 2);
  }
};

TEST_F(LeaderTest, AJobRunsAtItsSlotAndIsReported) {
  MakeTable(kRows);
  StartServices();
  const auto scheduler = StartLeader();
  Keep(Settings("shop"));
  const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  ExpectLoadedOnce("shop", kept);
  EXPECT_EQ(kept.job.trigger(), v1::JOB_TRIGGER_SCHEDULE);
  EXPECT_EQ(kept.job.streams_succeeded(), 1u);
  EXPECT_EQ(kept.job.rows_loaded(), kRows);

  const auto reports = reports_->ListLoadReports("shop", "", 10, absl::Now());
  ASSERT_TRUE(reports.ok());
  ASSERT_THAT(*reports, SizeIs(1));
  EXPECT_EQ((*reports)[0].stream(), "public.t");
  EXPECT_EQ((*reports)[0].last_load_rows(), kRows);
  EXPECT_EQ((*reports)[0].destination_table(), "shop.t");
  const auto integration = integrations_->Get("shop");
  ASSERT_TRUE(integration.ok() && integration->next_slot);
  EXPECT_EQ(*integration->next_slot, rpc::FromTimestamp(kept.job.slot()) + absl::Hours(1));
  EXPECT_THAT(scheduler->process().stderr_text(), HasSubstr("the first job"));
}

TEST_F(LeaderTest, AStreamThatFailsIsReportedAndTheOthersLoad) {
  MakeTable(10);
  source_->Run("CREATE TABLE u (v int); INSERT INTO u VALUES (1)");
  StartServices();
  const auto scheduler = StartLeader();
  v1::Integration settings = Settings("shop");
  settings.add_streams()->set_stream("public.gone");
  settings.add_streams()->set_stream("public.u");
  Keep(settings);
  const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_FAILED);
  EXPECT_EQ(kept.job.streams(), 3u);
  EXPECT_EQ(kept.job.streams_succeeded(), 2u);
  EXPECT_EQ(kept.job.streams_failed(), 1u);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.u"), 1);
  EXPECT_THAT(LogOf("shop"), Contains(HasSubstr("STREAM_NOT_FOUND")));
}

TEST_F(LeaderTest, AJobIsStoppedAndWhatIsDurableIsCounted) {
  MakeTable(kRows);
  Rendezvous committed;
  StartServices("loader.chunk.committed=" + committed.action());
  const auto scheduler = StartLeader();
  v1::Integration settings = Settings("shop");
  settings.mutable_source()->mutable_postgres()->set_max_connections(1);
  Keep(settings);
  committed.AwaitArrival();
  ASSERT_TRUE(jobs_->RequestStop("shop", "").ok());
  const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_CANCELLED);
  committed.Release();
  ASSERT_THAT(kept.runs, SizeIs(1));
  EXPECT_EQ(kept.runs[0].state(), v1::STREAM_RUN_STATE_CANCELLED);
  EXPECT_EQ(Usage("shop"), destination_->Int("SELECT sum(rows) FROM _lockstitch.chunks"));
  EXPECT_GT(Usage("shop"), 0);
  EXPECT_LT(Usage("shop"), kRows);
  EXPECT_EQ(destination_->Text("SELECT to_regclass('shop.t') IS NULL"), "t");
}

TEST_F(LeaderTest, AJobEndsAtItsTimeLimit) {
  MakeTable(kRows);
  Rendezvous copied;
  StartServices("loader.chunk.copied=" + copied.action());
  const auto scheduler = StartLeader();
  v1::Integration settings = Settings("shop");
  settings.mutable_job_time_limit()->set_seconds(3);
  Keep(settings);
  const KeptJob kept = AwaitJob("shop", v1::JOB_STATE_FAILED);
  copied.AwaitArrival();
  copied.Release();
  EXPECT_EQ(kept.job.error().reason(), "JOB_TIME_LIMIT_EXCEEDED");
  ASSERT_THAT(kept.runs, SizeIs(1));
  EXPECT_EQ(kept.runs[0].error().reason(), "JOB_TIME_LIMIT_EXCEEDED");
  EXPECT_THAT(LogOf("shop"), Contains(HasSubstr("JOB_TIME_LIMIT_EXCEEDED")));
}

TEST_F(LeaderTest, NoMoreJobsAtOnceThanAllowed) {
  MakeTable(kRows);
  Rendezvous copied;
  StartServices("loader.chunk.copied=" + copied.action());
  const auto scheduler = StartLeader({"--max-jobs=1"});
  Keep(Settings("first"));
  copied.AwaitArrival();
  Keep(Settings("second"));
  Keep(Settings("third"));
  AwaitJob("second", v1::JOB_STATE_PENDING);
  AwaitJob("third", v1::JOB_STATE_PENDING);
  EXPECT_EQ(LastJob("first").job.state(), v1::JOB_STATE_RUNNING);
  copied.Release();
  const KeptJob second = AwaitJob("second", v1::JOB_STATE_SUCCEEDED);
  const KeptJob third = AwaitJob("third", v1::JOB_STATE_SUCCEEDED);
  EXPECT_LE(rpc::FromTimestamp(second.job.ended_at()), rpc::FromTimestamp(third.job.started_at()));
}

TEST_F(LeaderTest, AJobThatWaitsForItsTurnIsStoppedAtOnce) {
  MakeTable(kRows);
  Rendezvous copied;
  StartServices("loader.chunk.copied=" + copied.action());
  const auto scheduler = StartLeader({"--max-jobs=1"});
  Keep(Settings("first"));
  copied.AwaitArrival();
  Keep(Settings("second"));
  AwaitJob("second", v1::JOB_STATE_PENDING);
  ASSERT_TRUE(jobs_->RequestStop("second", "").ok());
  const KeptJob second = AwaitJob("second", v1::JOB_STATE_CANCELLED);
  EXPECT_EQ(LastJob("first").job.state(), v1::JOB_STATE_RUNNING);
  EXPECT_THAT(second.runs, SizeIs(0));
  EXPECT_FALSE(second.job.has_started_at());
  EXPECT_TRUE(second.job.has_ended_at());
  EXPECT_EQ(second.job.error().reason(), "STOPPED");
  EXPECT_THAT(LogOf("second"), Contains(HasSubstr("the job was stopped")));
  copied.Release();
  AwaitJob("first", v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(catalog_database_->Int("SELECT count(*) FROM lockstitch.jobs"), 2);
}

TEST_F(LeaderTest, JobsShareTheConnectionsOfTheirDatabases) {
  MakeTable(kRows);
  Rendezvous copied;
  StartServices("loader.chunk.copied=" + copied.action());
  const auto scheduler = StartLeader();
  v1::Integration first = Settings("first"), second = Settings("second");
  for (v1::Integration* each : {&first, &second})
    each->mutable_destination()->mutable_postgres()->set_max_connections(1);
  Keep(first);
  copied.AwaitArrival();
  Keep(second);
  AwaitJob("second", v1::JOB_STATE_RUNNING);
  // Its run is made, and waits.
  catalog_database_->Await(
      "SELECT count(*) = 2 AND count(*) FILTER (WHERE fence > 0) = 1 FROM lockstitch.runs");
  copied.Release();
  AwaitJob("first", v1::JOB_STATE_SUCCEEDED);
  const KeptJob kept = AwaitJob("second", v1::JOB_STATE_SUCCEEDED);
  EXPECT_GE(rpc::FromTimestamp(kept.runs.at(0).started_at()),
            rpc::FromTimestamp(LastJob("first").runs.at(0).ended_at()));
}

TEST_F(LeaderTest, OldJobsArePruned) {
  MakeTable(10);
  StartServices();
  {
    const auto scheduler = StartLeader();
    Keep(Settings("shop"));
    AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
  }
  catalog_database_->Run("UPDATE lockstitch.jobs SET ended_at = now() - interval '61 days'");
  const auto scheduler = StartLeader();
  catalog_database_->Await("SELECT count(*) = 0 FROM lockstitch.jobs");
  EXPECT_EQ(Usage("shop"), 10);
}

}  // namespace
}  // namespace lockstitch::tests

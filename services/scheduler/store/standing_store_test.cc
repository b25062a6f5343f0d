#include "services/scheduler/store/standing_store.h"

#include "gtest/gtest.h"
#include "services/scheduler/store/test_catalog.h"

namespace lockstitch::scheduler {
namespace {

const absl::Time kThen = absl::FromUnixSeconds(1'700'000'000);

class StandingStoreTest : public ::testing::Test {
 protected:
  void RunJob(const std::string& id, v1::StreamRunState run_state, v1::JobState job_state,
              absl::Time at) {
    const v1::Job job = catalog_.Start(leader_, id);
    ASSERT_TRUE(
        leader_.EndRun(job.job_id(), TestCatalog::Ended(job, "public.t", run_state, 1, at)).ok());
    ASSERT_TRUE(leader_.EndJob(TestCatalog::EndedJob(job, job_state, at), {}).ok());
  }
  std::vector<IntegrationStanding> Read(int limit = 100) {
    return OrDie(ReadIntegrationStandings(*catalog_.catalog, limit));
  }

  TestCatalog catalog_;
  LeaderStore leader_ = catalog_.Lead();
};

TEST_F(StandingStoreTest, AnIntegrationStandsAsItsLastJobsHaveLeftIt) {
  catalog_.Create("a");
  EXPECT_FALSE(Read()[0].last_success);
  EXPECT_EQ(Read()[0].failing_streams, 0);
  RunJob("a", v1::STREAM_RUN_STATE_SUCCEEDED, v1::JOB_STATE_SUCCEEDED, kThen);
  RunJob("a", v1::STREAM_RUN_STATE_FAILED, v1::JOB_STATE_FAILED, kThen + absl::Hours(1));
  catalog_.Start(leader_, "a");
  const std::vector<IntegrationStanding> found = Read();
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].name, "a");
  EXPECT_EQ(found[0].schedule.every().seconds(), 3600);
  EXPECT_FALSE(found[0].paused);
  EXPECT_EQ(found[0].last_success, kThen);
  EXPECT_EQ(found[0].failing_streams, 1);
}

TEST_F(StandingStoreTest, TheFirstOnesAreRead) {
  for (const char* id : {"c", "a", "b"}) catalog_.Create(id);
  catalog_.database.Run("UPDATE lockstitch.integrations SET deleting_at = now() WHERE id = 'c'");
  catalog_.database.Run("UPDATE lockstitch.integrations SET paused_at = now() WHERE id = 'a'");
  const std::vector<IntegrationStanding> found = Read(1);
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0].name, "a");
  EXPECT_TRUE(found[0].paused);
}

TEST_F(StandingStoreTest, OpenJobsAreCounted) {
  EXPECT_FALSE(OrDie(ReadQueueStanding(*catalog_.catalog)).oldest_pending);
  for (const char* id : {"a", "b", "c"}) catalog_.Create(id);
  catalog_.Request("a");
  catalog_.Request("b");
  catalog_.Start(leader_, "c");
  catalog_.database.Run(
      "UPDATE lockstitch.jobs SET created_at = to_timestamp(1700000000) "
      "WHERE key = (SELECT min(key) FROM lockstitch.jobs)");
  const QueueStanding queue = OrDie(ReadQueueStanding(*catalog_.catalog));
  EXPECT_EQ(queue.pending, 2);
  EXPECT_EQ(queue.running, 1);
  EXPECT_EQ(queue.oldest_pending, kThen);
}

}  // namespace
}  // namespace lockstitch::scheduler

// What readers of the destination see while a table is replaced.

#include <atomic>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::Database;

class ReadersTest : public ClustersTest {
 protected:
  Stack stack_;
};

TEST_F(ReadersTest, AReaderThatHoldsTheOldTableDelaysTheSwapButNoOtherReader) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, 1 FROM "
      "generate_series(1, 1000) n");
  const v1::Integration integration = IntegrationOf("s", source_url_, destination_url_);
  ASSERT_EQ(RunJob(stack_, integration).job.state(), v1::JOB_STATE_SUCCEEDED);
  source_->Run("UPDATE t SET v = 2");

  Database holder(destination_url_);
  holder.Run("BEGIN");
  EXPECT_EQ(holder.Int("SELECT sum(v) FROM s.t"), 1000);
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack_, integration); });

  // The swap has tried for the lock at least twice once this many attempts have been turned away.
  Database watcher(destination_url_);
  absl::Duration longest = absl::ZeroDuration();
  for (int waits = 0; waits < 2;) {
    const bool waiting =
        watcher.Int(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'") > 0;
    const absl::Time start = absl::Now();
    EXPECT_EQ(watcher.Int("SELECT sum(v) FROM s.t"), 1000);
    longest = std::max(longest, absl::Now() - start);
    if (waiting) ++waits;
  }
  EXPECT_EQ(holder.Int("SELECT sum(v) FROM s.t"), 1000);
  holder.Run("COMMIT");
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(watcher.Int("SELECT sum(v) FROM s.t"), 2000);
  // A reader that comes while the swap waits for its lock waits with it: lock_timeout bounds that
  // to a second.
  EXPECT_LT(longest, absl::Seconds(5));
}

// For which nobody waits: it may end after its session has.
TEST_F(ReadersTest, ALargeTableThatWasReplacedIsAnalyzed) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, 1 FROM "
      "generate_series(1, 20000) n; CREATE TABLE small (id int)");
  const v1::Integration integration = IntegrationOf("s", source_url_, destination_url_);
  ASSERT_EQ(RunJob(stack_, integration).job.state(), v1::JOB_STATE_SUCCEEDED);
  destination_->Await(
      "SELECT last_analyze IS NOT NULL FROM pg_stat_user_tables WHERE relid = 's.t'::regclass");
  EXPECT_EQ(destination_->Int("SELECT reltuples FROM pg_class WHERE oid = 's.t'::regclass"), 20000);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_stat_user_tables WHERE last_analyze IS NOT "
                              "NULL AND relname = 'small'"),
            0);
}

TEST_F(ReadersTest, ReadersThatArriveMeanwhileSeeAllOfOneVersion) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, 1 FROM "
      "generate_series(1, 5000) n");
  const v1::Integration integration = IntegrationOf("s", source_url_, destination_url_, {"t"}, 2);
  ASSERT_EQ(RunJob(stack_, integration).job.state(), v1::JOB_STATE_SUCCEEDED);
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0;
  std::thread reader([&] {
    Database database(destination_url_);
    while (!done) {
      const std::string seen =
          database.Text("SELECT count(*) || ' ' || count(DISTINCT v) FROM s.t");
      EXPECT_EQ(seen, "5000 1");
      ++reads;
    }
  });
  for (int version = 2; version <= 4; ++version) {
    source_->Run("UPDATE t SET v = " + std::to_string(version));
    ExpectSucceeded(RunJob(stack_, integration));
  }
  done = true;
  reader.join();
  EXPECT_GT(reads, 0);
  EXPECT_EQ(destination_->Int("SELECT DISTINCT v FROM s.t"), 4);
}

}  // namespace
}  // namespace lockstitch::tests

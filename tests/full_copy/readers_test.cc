// What readers of the destination see while a table is replaced.

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

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

TEST_F(ReadersTest, ADependentViewKeepsTheOldTableAndSaysSo) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  const v1::Integration integration = IntegrationOf("s", source_url_, destination_url_);
  ASSERT_EQ(RunJob(stack_, integration).job.state(), v1::JOB_STATE_SUCCEEDED);
  destination_->Run("CREATE VIEW s.on_top AS SELECT id FROM s.t");
  source_->Run("INSERT INTO t VALUES (2)");
  const JobOutcome outcome = RunJob(stack_, integration);
  EXPECT_EQ(outcome.stream("public.t").error().reason(), "DESTINATION_TABLE_IN_USE");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.on_top"), 1);
}

TEST_F(ReadersTest, WhatWouldBeLostKeepsTheOldTableAndIsNamed) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  const v1::Integration integration = IntegrationOf("s", source_url_, destination_url_);
  ASSERT_EQ(RunJob(stack_, integration).job.state(), v1::JOB_STATE_SUCCEEDED);
  source_->Run("INSERT INTO t VALUES (2)");
  for (const auto& [make, drop, name] : std::vector<std::array<std::string, 3>>{
           {"ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE s.t DISABLE ROW LEVEL SECURITY", "row-level security"},
           {"CREATE PUBLICATION p FOR TABLE s.t", "DROP PUBLICATION p", "publication p"},
           {"ALTER TABLE s.t ADD CONSTRAINT mine CHECK (id > 0)",
            "ALTER TABLE s.t DROP CONSTRAINT mine", "constraint mine"}}) {
    destination_->Run(make);
    const JobOutcome outcome = RunJob(stack_, integration);
    EXPECT_EQ(outcome.stream("public.t").error().reason(), "DESTINATION_TABLE_IN_USE");
    EXPECT_THAT(outcome.stream("public.t").error().message(), ::testing::HasSubstr(name));
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1);
    destination_->Run(drop);
  }
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 2);
}

}  // namespace
}  // namespace lockstitch::tests

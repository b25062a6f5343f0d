// Columns of tables that loads are merged into: when they are altered, and where there is no room
// for them.

#include <string>
#include <thread>
#include <vector>

#include "testing/rendezvous.h"
#include "tests/drift/drift_test.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using testing::Database;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Rendezvous;

constexpr char kChange[] =
    "ALTER TABLE t ADD w int, ALTER v TYPE bigint, ALTER x TYPE text; UPDATE t SET w = id, v = "
    "5000000000 + id, x = 'x' || id";

class MergedColumnsTest : public DriftTest {
 protected:
  // Loads a table that a view keeps, and alters that of the source.
  void Prepare(const v1::Integration& job) {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, v int, x int);"
        "INSERT INTO t SELECT n, n, n, n FROM generate_series(1, 5) n");
    Run(job);
    destination_->Run("CREATE VIEW s.report AS SELECT id FROM s.t");
    source_->Run(kChange);
  }
  void ExpectMerged() {
    EXPECT_EQ(Rows(*source_, "(SELECT id, k, v, w, x FROM t)"),
              Rows(*destination_, "(SELECT id, k, v, w, x__text FROM s.t)"));
  }
  // A run whose loader dies once the table has been altered.
  void DieAltered(const v1::Integration& job, bool reset = false) {
    Stack stack({.loader = "loader.finish.altered=kill"});
    std::thread running([&] { RunJob(stack, job, reset); });
    stack.loader.process().Wait();
    stack.scheduler.process().Kill();
    running.join();
  }
};

TEST_F(MergedColumnsTest, ReadersDoNotWaitForTheMerge) {
  Prepare(FullTableJob());
  Rendezvous merged;
  Stack stack({.loader = "loader.finish.publishing=" + merged.action()});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, FullTableJob()); });
  merged.AwaitArrival();
  Database reader(destination_url_);
  reader.Run("SET lock_timeout = '10s'");
  // The columns are there, and the rows aren't yet.
  EXPECT_EQ(reader.Int("SELECT sum(v) FROM s.t WHERE w IS NULL"), 15);
  merged.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(Changes(outcome).size(), 3u);
  ExpectMerged();
  EXPECT_THAT(Changes(Run(FullTableJob())), IsEmpty());
}

TEST_F(MergedColumnsTest, WhatWasAlteredForAMergeThatNeverCameIsGoneOnWith) {
  const v1::Integration job = FullTableJob();
  Prepare(job);
  DieAltered(job);
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v bigint", "x integer",
                                     "x__text text", "w integer"));
  const JobOutcome outcome = Run(job);
  EXPECT_EQ(Changes(outcome).size(), 3u);
  EXPECT_THAT(outcome.log, Says("because view s.report depends on it:"));
  EXPECT_THAT(outcome.log, Not(Says("kept from before")));
  EXPECT_EQ(Columns().size(), 6u);
  ExpectMerged();
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
  EXPECT_TRUE(Verify(SharedStack(), job).IsVerified());
}

TEST_F(MergedColumnsTest, WhatWasAlteredIsNotInATableThatTakesThePlace) {
  const v1::Integration job = FullTableJob();
  Prepare(job);
  DieAltered(job);
  destination_->Run("DROP VIEW s.report");
  EXPECT_EQ(Changes(Run(job)).size(), 3u);
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v bigint", "x text", "w integer"));
  ExpectExact("(SELECT id, k, v, x, w FROM t)");
}

TEST_F(MergedColumnsTest, WhatTheSourceDropsBeforeTheNextMergeStaysEmpty) {
  const v1::Integration job = FullTableJob();
  Prepare(job);
  DieAltered(job);
  source_->Run("ALTER TABLE t DROP w");
  Run(job);
  EXPECT_EQ(destination_->Int("SELECT count(w) FROM s.t"), 0);
  source_->Run("ALTER TABLE t ADD w int; UPDATE t SET w = 1");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_ADDED w"));
  EXPECT_EQ(destination_->Int("SELECT count(w) FROM s.t"), 5);
  ExpectMerged();
}

TEST_F(MergedColumnsTest, AFirstLoadGoesOnAfterItsTableWasAltered) {
  v1::Integration job = Job();
  Stream(job).set_replication_key("at");
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int, v int, x int, at timestamptz DEFAULT now());"
      "INSERT INTO t SELECT n, n, n, n FROM generate_series(1, 5) n");
  Run(job);
  destination_->Run("CREATE VIEW s.report AS SELECT id FROM s.t");
  source_->Run(kChange);
  Stream(job).set_filter("true");
  DieAltered(job);
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(outcome.log, Says("goes on with the first load that an earlier run began"));
  EXPECT_THAT(outcome.log, Not(Says("is not as it was made")));
  ExpectMerged();
  source_->Run("UPDATE t SET at = now(), w = 9 WHERE id = 1");
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
  ExpectMerged();
}

// The filter is taken back: there is no merge any more that the table was altered for.
TEST_F(MergedColumnsTest, ChangesGoOnInATableThatWasAlteredForAMerge) {
  Prepare(Job());
  v1::Integration job = Job();
  Stream(job).set_filter("true");
  DieAltered(job);
  source_->Run("UPDATE t SET k = 9");
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(Changes(outcome),
              ElementsAre("COLUMN_WIDENED v", "COLUMN_SPLIT x", "COLUMN_ADDED w"));
  EXPECT_EQ(RowsRead(outcome), 5);
  ExpectMerged();
  EXPECT_EQ(Columns().size(), 6u);
}

// Dropped columns count, and a reset doesn't get rid of them.
TEST_F(MergedColumnsTest, WithoutRoomInATableThatStaysNothingIsLoaded) {
  for (const auto& job : {Job(), FullTableJob()}) {
    source_->Run(
        "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, k int);"
        "INSERT INTO t SELECT n, n FROM generate_series(1, 5) n");
    Run(job);
    destination_->Run(
        "DO $$ BEGIN FOR i IN 1..1598 LOOP EXECUTE 'ALTER TABLE s.t ADD c' || i || ' int'; END "
        "LOOP; FOR i IN 1..1598 LOOP EXECUTE 'ALTER TABLE s.t DROP c' || i; END LOOP; END $$;"
        "CREATE VIEW s.report AS SELECT id FROM s.t");
    source_->Run("ALTER TABLE t ADD w int");
    for (const bool reset : {false, true}) {
      const JobOutcome outcome = RunJob(SharedStack(), job, reset);
      EXPECT_EQ(Reason(outcome), "DESTINATION_COLUMNS_EXCEEDED");
      EXPECT_THAT(outcome.log, Says("Drop what depends on the destination table"));
      EXPECT_EQ(RowsRead(outcome), 0);
    }
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.report"), 5);
    destination_->Run("DROP VIEW s.report");
    ExpectSucceeded(RunJob(SharedStack(), job, /*reset=*/true));
    ExpectExact();
    destination_->Run("DROP SCHEMA s, _lockstitch CASCADE");
  }
}

}  // namespace
}  // namespace lockstitch::tests

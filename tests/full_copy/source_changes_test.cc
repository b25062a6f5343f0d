// What happens to a table while it is read in several ranges: the snapshot holds it still.

#include <signal.h>

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::Database;
using testing::Rendezvous;

constexpr char kOrdinary[] = "CREATE TABLE t (id int PRIMARY KEY, v text);";
constexpr char kPartitioned[] =
    "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
    "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (8000);"
    "CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (8000) TO (16000);"
    "CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM (16000) TO (1000000);";

class SourceChangesTest : public ClustersTest {
 protected:
  explicit SourceChangesTest(const std::string& table = kOrdinary, uint32_t ranges = 2)
      : ranges_(ranges) {
    source_->Run(table +
                 "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n");
    before_ = source_->Text(testing::ContentsQuery("t", "id, v"));
  }

  // Runs `change` in another session once the extraction has come to `instant`.
  void ChangeWhileRead(const std::string& change,
                       const std::string& instant = "extractor.range.opened") {
    Rendezvous opened;
    Stack stack({.extractor = instant + "=" + opened.action()});
    JobOutcome outcome;
    std::thread job([&] {
      outcome = RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"}, ranges_));
    });
    opened.AwaitArrival();
    std::thread changer([&] {
      Database session(source_url_);
      session.Run("/* the change */ " + change);
    });
    // The change waits for the snapshot's lock before the extraction goes on.
    source_->Await(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '/* the change */%' AND "
        "wait_event_type = 'Lock'");
    opened.Release();
    job.join();
    changer.join();
    ExpectSucceeded(outcome);
    EXPECT_EQ(outcome.stream("public.t").progress().rows_loaded(), 20000);
    EXPECT_EQ(destination_->Text(testing::ContentsQuery("s.t", "id, v")), before_);
    EXPECT_GE(destination_->Int("SELECT count(*) FROM _lockstitch.ranges"), ranges_);
  }

  const uint32_t ranges_;
  std::string before_;
};

struct RangesCase {
  std::string name;
  std::string table;
  uint32_t ranges;
};

class RangesTest : public SourceChangesTest, public ::testing::WithParamInterface<RangesCase> {
 protected:
  RangesTest() : SourceChangesTest(GetParam().table, GetParam().ranges) {}
};

INSTANTIATE_TEST_SUITE_P(Tables, RangesTest,
                         ::testing::Values(RangesCase{"InTwo", kOrdinary, 2},
                                           RangesCase{"InMany", kOrdinary, 16},
                                           RangesCase{"Partitioned", kPartitioned, 9}),
                         [](const auto& info) { return info.param.name; });

TEST_P(RangesTest, TruncateWaits) {
  ChangeWhileRead("TRUNCATE t");
  EXPECT_EQ(source_->Int("SELECT count(*) FROM t"), 0);
}

TEST_P(RangesTest, VacuumFullWaits) { ChangeWhileRead("VACUUM FULL t"); }

TEST_P(RangesTest, AlterWaits) { ChangeWhileRead("ALTER TABLE t ALTER v TYPE varchar(200)"); }

TEST_P(RangesTest, DropWaits) { ChangeWhileRead("DROP TABLE t"); }

// The second session would queue behind the change, and the change behind the first session's lock.
TEST_P(RangesTest, AChangeThatComesBeforeTheSecondSessionDoesNotStopBoth) {
  ChangeWhileRead("ALTER TABLE t ADD COLUMN more int", "extractor.snapshot.taken");
}

class PartitionsTest : public SourceChangesTest {
 protected:
  PartitionsTest() : SourceChangesTest(kPartitioned, 9) {}
};

TEST_F(PartitionsTest, WhatBefallsOneOfThemWaits) {
  for (const std::string change : {"TRUNCATE t_2", "ALTER TABLE t DETACH PARTITION t_1"}) {
    ChangeWhileRead(change);
    destination_->Run("DROP SCHEMA s CASCADE; DROP SCHEMA _lockstitch CASCADE");
    source_->Run(change[0] == 'T' ? "INSERT INTO t SELECT n, repeat('x', 100) FROM "
                                    "generate_series(8000, 15999) n"
                                  : "SELECT 1");
  }
}

// Which doesn't wait for readers.
TEST_F(PartitionsTest, OneThatIsAttachedBetweenTwoRangesIsNotRead) {
  source_->Run(
      "CREATE TABLE late (id int PRIMARY KEY, v text, CHECK (id >= 1000000 AND id < 2000000));"
      "INSERT INTO late VALUES (1000000, 'late')");
  Rendezvous opened;
  Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
  JobOutcome outcome;
  std::thread job([&] {
    outcome = RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"}, ranges_));
  });
  opened.AwaitArrival();
  source_->Run("ALTER TABLE t ATTACH PARTITION late FOR VALUES FROM (1000000) TO (2000000)");
  opened.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Text(testing::ContentsQuery("s.t", "id, v")), before_);
}

TEST_P(RangesTest, WritersDoNotWaitAndAreNotSeen) {
  Rendezvous opened;
  Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
  JobOutcome outcome;
  std::thread job([&] {
    outcome = RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"}, ranges_));
  });
  opened.AwaitArrival();
  source_->Run(
      "DELETE FROM t WHERE id % 2 = 0; UPDATE t SET v = 'new'; INSERT INTO t VALUES (99999, "
      "'late')");
  opened.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Text(testing::ContentsQuery("s.t", "id, v")), before_);
}

TEST_F(SourceChangesTest, AMaterializedViewIsHeldStillToo) {
  source_->Run("CREATE MATERIALIZED VIEW mv AS SELECT id FROM t");
  Rendezvous opened;
  Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
  JobOutcome outcome;
  std::thread job(
      [&] { outcome = RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"mv"})); });
  opened.AwaitArrival();
  // LOCK knows no materialized views; the snapshot's query has locked it all the same.
  EXPECT_EQ(testing::Database(source_url_)
                .Try("SET lock_timeout = '50ms'; REFRESH MATERIALIZED VIEW mv")
                .ok(),
            false);
  opened.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.mv"), 20000);
}

TEST_F(SourceChangesTest, ALockedTableHoldsUpNeitherOthersNorAStop) {
  source_->Run("CREATE TABLE other (id int)");
  Stack stack;
  Database locker(source_url_);
  locker.Run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  EXPECT_EQ(RunJob(stack, IntegrationOf("a", source_url_, destination_url_, {"other"})).job.state(),
            v1::JOB_STATE_SUCCEEDED);
  JobOutcome outcome;
  std::thread job(
      [&] { outcome = RunJob(stack, IntegrationOf("b", source_url_, destination_url_, {"t"})); });
  source_->Await(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%LOCK TABLE%' AND "
      "wait_event_type = 'Lock'");
  stack.scheduler.process().Signal(SIGTERM);
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_CANCELLED);
  stack.extractor.process().Signal(SIGTERM);
  EXPECT_EQ(stack.extractor.process().Wait(), 0);
}

TEST_F(SourceChangesTest, AViewThatDoesNotWaitForALockedTableIsTriedAgain) {
  source_->Run(R"sql(
    CREATE FUNCTION impatient() RETURNS bigint LANGUAGE plpgsql AS
      'BEGIN LOCK TABLE public.t IN ACCESS SHARE MODE NOWAIT; RETURN (SELECT count(*) FROM public.t); END';
    CREATE VIEW w AS SELECT impatient() AS rows)sql");
  Stack stack;
  Database locker(source_url_);
  locker.Run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  const v1::StreamRun run =
      RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"w"})).stream("public.w");
  EXPECT_EQ(run.error().reason(), "SOURCE_TABLE_LOCKED");
  EXPECT_EQ(run.attempts(), 3u);
}

TEST_F(SourceChangesTest, AStopWhileTheCatalogIsReadEndsTheJob) {
  Stack stack;
  Database locker(source_url_);
  locker.Run("BEGIN; LOCK TABLE pg_catalog.pg_attribute IN ACCESS EXCLUSIVE MODE");
  JobOutcome outcome;
  std::thread job(
      [&] { outcome = RunJob(stack, IntegrationOf("s", source_url_, destination_url_)); });
  locker.Await(
      "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = "
      "'pg_attribute'::regclass");
  stack.scheduler.process().Signal(SIGTERM);
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_CANCELLED);
  stack.discovery.process().Signal(SIGTERM);
  EXPECT_EQ(stack.discovery.process().Wait(), 0);
}

}  // namespace
}  // namespace lockstitch::tests

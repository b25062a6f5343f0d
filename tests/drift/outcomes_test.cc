// Changes that a stream can't go on after, edits of its settings, and what users and locks at the
// destination have to do with it.

#include <string>
#include <thread>
#include <vector>

#include "rpc/channel.h"
#include "services/scheduler/scheduler_client.h"
#include "testing/rendezvous.h"
#include "tests/drift/drift_test.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using testing::Database;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Rendezvous;

class OutcomesTest : public DriftTest {
 protected:
  void MakeTable() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, v int);"
        "INSERT INTO t SELECT n, n, n FROM generate_series(1, 5) n");
  }
  // The column at the destination, by id.
  std::vector<std::string> Values(const std::string& column) {
    return destination_->List("SELECT coalesce(" + column + "::text, 'NULL') FROM s.t ORDER BY id");
  }
};

TEST_F(OutcomesTest, AReplicationKeyThatIsGoneFailsUntilItIsBack) {
  MakeTable();
  Run(Job());
  const std::vector<std::string> before = Rows(*destination_, "s.t");
  for (const char* change : {"ALTER TABLE t RENAME k TO other", "ALTER TABLE t ADD k text",
                             "ALTER TABLE t DROP k, ADD k jsonb"}) {
    source_->Run(change);
    const JobOutcome outcome = RunJob(SharedStack(), Job());
    EXPECT_EQ(Reason(outcome), "REPLICATION_KEY_CHANGED") << change;
    EXPECT_THAT(outcome.log, Says("Put the column back"));
    EXPECT_EQ(Rows(*destination_, "s.t"), before);
  }
  source_->Run("ALTER TABLE t DROP k; ALTER TABLE t RENAME other TO k");
  EXPECT_EQ(RowsRead(Run(Job())), 1);
  ExpectExact("(SELECT id, k, v FROM t)");
}

TEST_F(OutcomesTest, AReplicationKeyOfAnotherTypeIsTakenByAReset) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ALTER k TYPE date USING date '2020-01-01' + k");
  EXPECT_EQ(Reason(RunJob(SharedStack(), Job())), "REPLICATION_KEY_CHANGED");
  const JobOutcome reset = RunJob(SharedStack(), Job(), /*reset=*/true);
  ExpectSucceeded(reset);
  ExpectExact();
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k date", "v integer"));
  Run(Job());
  ExpectExact();
}

// The first run holds the table while its key is dropped.
TEST_F(OutcomesTest, AReplicationKeyDroppedWhileItIsReadFailsTheNextRun) {
  MakeTable();
  Run(Job());
  Rendezvous opened;
  Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job()); });
  opened.AwaitArrival();
  std::thread changer([&] { Database(source_url_).Run("/* the change */ ALTER TABLE t DROP k"); });
  source_->Await(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '/* the change */%' AND "
      "wait_event_type = 'Lock' AND datname = current_database()");
  opened.Release();
  job.join();
  changer.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(Reason(RunJob(SharedStack(), Job())), "REPLICATION_KEY_CHANGED");
}

TEST_F(OutcomesTest, ATableThatIsGoneLeavesTheDestination) {
  for (const auto& job : {Job(), FullTableJob()}) {
    source_->Run(
        "DROP TABLE IF EXISTS t, other; CREATE TABLE t (id int PRIMARY KEY, k int);"
        "INSERT INTO t SELECT n, n FROM generate_series(1, 5) n");
    Run(job);
    source_->Run("ALTER TABLE t RENAME TO other");
    EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "STREAM_NOT_FOUND");
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 5);
    source_->Run("ALTER TABLE other RENAME TO t");
    EXPECT_THAT(Changes(Run(job)), IsEmpty());
    ExpectExact();
    source_->Run("DROP TABLE t");
    EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "STREAM_NOT_FOUND");
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 5);
  }
}

TEST_F(OutcomesTest, AColumnThatMayNotBeReadIsAsOneThatIsGone) {
  const std::string reader = source_->Text("SELECT 'reader_' || current_database()");
  MakeTable();
  source_->Run("CREATE ROLE " + reader + " LOGIN; GRANT SELECT ON t TO " + reader);
  v1::Integration job = Job();
  job.mutable_source()->mutable_postgres()->set_user(reader);
  Run(job);
  source_->Run("REVOKE SELECT ON t FROM " + reader + "; GRANT SELECT (id, k) ON t TO " + reader +
               "; UPDATE t SET v = 9, k = 9 WHERE id = 1");
  const JobOutcome hidden = Run(job);
  EXPECT_THAT(Changes(hidden), ElementsAre("COLUMN_RETIRED v"));
  EXPECT_THAT(hidden.log, Says("column v replicates no more"));
  EXPECT_THAT(Values("v"), ElementsAre("NULL", "2", "3", "4", "5"));
  Stream(job).add_include_columns("v");
  EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "SOURCE_PERMISSION_DENIED");
  Stream(job).clear_include_columns();
  source_->Run("GRANT SELECT ON t TO " + reader + "; UPDATE t SET k = 10 WHERE id = 2");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_ADDED v"));
  EXPECT_THAT(Values("v"), ElementsAre("9", "2", "3", "4", "5"));
  source_->Run("DROP OWNED BY " + reader + "; DROP ROLE " + reader);
}

// The settings go on to name it, run after run.
TEST_F(OutcomesTest, AnExcludedColumnMayGo) {
  MakeTable();
  v1::Integration job = Job();
  Stream(job).add_exclude_columns("v");
  Run(job);
  source_->Run("ALTER TABLE t DROP v");
  for (int i = 0; i < 3; ++i) {
    const JobOutcome outcome = Run(job);
    EXPECT_THAT(Changes(outcome), IsEmpty());
    EXPECT_THAT(outcome.log, Says("column v, which exclude_columns names, is gone at the source"));
  }
  EXPECT_TRUE(Verify(SharedStack(), job).IsVerified());
  Stream(job).add_exclude_columns("nope");
  EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "COLUMN_NOT_FOUND");
}

TEST_F(OutcomesTest, AnIncludedColumnThatGoesIsRetired) {
  for (const bool full : {false, true}) {
    source_->Run("DROP TABLE IF EXISTS t");
    destination_->Run("DROP SCHEMA IF EXISTS s CASCADE");
    MakeTable();
    v1::Integration job = full ? FullTableJob() : Job();
    Stream(job).add_include_columns("v");
    Stream(job).add_include_columns("k");
    Run(job);
    source_->Run("ALTER TABLE t DROP v");
    EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_RETIRED v"));
    for (int i = 0; i < 2; ++i) EXPECT_THAT(Changes(Run(job)), IsEmpty());
    source_->Run("ALTER TABLE t ADD v int");
    EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_ADDED v"));
  }
}

TEST_F(OutcomesTest, TypesThatComeBackFindTheirColumns) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ALTER v TYPE text; UPDATE t SET v = 'x', k = 10 WHERE id = 1");
  Run(Job());
  EXPECT_THAT(Values("v"), ElementsAre("NULL", "2", "3", "4", "NULL"));
  EXPECT_THAT(Values("v__text"), ElementsAre("x", "NULL", "NULL", "NULL", "5"));
  source_->Run(
      "UPDATE t SET v = 8; ALTER TABLE t ALTER v TYPE int USING v::int; UPDATE t SET k = "
      "11 WHERE id = 2");
  EXPECT_THAT(Changes(Run(Job())), ElementsAre("COLUMN_SPLIT v"));
  EXPECT_THAT(Values("v"), ElementsAre("8", "8", "3", "4", "NULL"));
  EXPECT_THAT(Values("v__text"), ElementsAre("NULL", "NULL", "NULL", "NULL", "5"));
}

TEST_F(OutcomesTest, AViewAtTheDestinationKeepsItsColumn) {
  MakeTable();
  Run(Job());
  destination_->Run("CREATE VIEW s.report AS SELECT sum(v) FROM s.t");
  source_->Run(
      "ALTER TABLE t ALTER v TYPE bigint; UPDATE t SET v = 5000000000, k = 9 WHERE id = 1");
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_SPLIT v"));
  EXPECT_THAT(outcome.log, Says("something at the destination depends on it"));
  EXPECT_THAT(Values("v"), ElementsAre("NULL", "2", "3", "4", "NULL"));
  EXPECT_THAT(Values("v__bigint"), ElementsAre("5000000000", "NULL", "NULL", "NULL", "5"));
}

// A full table that can't be replaced is merged: its columns change as those of a table that stays.
TEST_F(OutcomesTest, AMergedTablesColumnsAreAddedWidenedSplitAndRetired) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int);"
      "INSERT INTO t SELECT n, n, n, n, n FROM generate_series(1, 3) n");
  const v1::Integration job = FullTableJob();
  Run(job);
  destination_->Run("CREATE VIEW s.report AS SELECT sum(d) FROM s.t");
  const std::string table = DestinationTable();
  source_->Run(
      "ALTER TABLE t ALTER a TYPE bigint, ALTER b TYPE text, DROP c, ALTER d TYPE bigint, ADD e "
      "int;"
      "UPDATE t SET b = 'two', e = 2 WHERE id = 2");
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_WIDENED a", "COLUMN_SPLIT b", "COLUMN_SPLIT d",
                                            "COLUMN_ADDED e", "COLUMN_RETIRED c"));
  EXPECT_THAT(outcome.log, Says("column b__text of the destination takes its values"));
  EXPECT_THAT(outcome.log, Says("which finds the values only once it reads d__bigint"));
  EXPECT_THAT(outcome.log, Not(Says("the new table")));
  EXPECT_THAT(outcome.log, Says("merged into the table because"));
  EXPECT_EQ(DestinationTable(), table);
  constexpr char kMerged[] = "(SELECT id, a, b__text, d__bigint, e FROM s.t)";
  EXPECT_EQ(Rows(*source_, "(SELECT id, a, b, d, e FROM t)"), Rows(*destination_, kMerged));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t WHERE b IS NULL AND d IS NULL"), 3);
  EXPECT_TRUE(Verify(SharedStack(), job).IsVerified());
  source_->Run("UPDATE t SET b = 'three' WHERE id = 3");
  const JobOutcome next = Run(job);
  EXPECT_THAT(Changes(next), IsEmpty());
  EXPECT_THAT(next.log, Not(Says("column b")));
  EXPECT_EQ(Rows(*source_, "(SELECT id, a, b, d, e FROM t)"), Rows(*destination_, kMerged));
  // Without the view the next run replaces the table, and the columns' names stick.
  destination_->Run("DROP VIEW s.report");
  Run(job);
  EXPECT_EQ(Rows(*source_, "(SELECT id, a, b, d, e FROM t)"), Rows(*destination_, kMerged));
}

// When the load began the table could have been replaced.
TEST_F(OutcomesTest, AViewThatComesInTheMiddleOfARunChangesWhatIsTold) {
  MakeTable();
  Run(FullTableJob());
  source_->Run("ALTER TABLE t ALTER v TYPE bigint");
  Rendezvous opened;
  Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, FullTableJob()); });
  opened.AwaitArrival();
  destination_->Run("CREATE VIEW s.report AS SELECT sum(v) FROM s.t");
  opened.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_SPLIT v"));
  EXPECT_THAT(outcome.log, Says("the new table has the wider type"));
  EXPECT_THAT(Values("v"), Each("NULL"));
  EXPECT_THAT(Values("v__bigint"), ElementsAre("1", "2", "3", "4", "5"));
}

TEST_F(OutcomesTest, AMergedTableGetsAKeyOfAnotherType) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t SELECT n, n FROM "
      "generate_series(1, 3) n");
  Run(Job());
  destination_->Run("CREATE VIEW s.report AS SELECT sum(k) FROM s.t");
  source_->Run("ALTER TABLE t ALTER id TYPE text");
  EXPECT_THAT(Changes(Run(Job())), ElementsAre("COLUMN_SPLIT id", "KEY"));
  constexpr char kMerged[] = "(SELECT id__text, k FROM s.t)";
  EXPECT_EQ(Rows(*source_, "(SELECT id, k FROM t)"), Rows(*destination_, kMerged));
  source_->Run("UPDATE t SET k = 9 WHERE id = '1'");
  EXPECT_EQ(RowsRead(Run(Job())), 2);
  EXPECT_EQ(Rows(*source_, "(SELECT id, k FROM t)"), Rows(*destination_, kMerged));
}

TEST_F(OutcomesTest, UsersColumnsAreLeftAlone) {
  MakeTable();
  Run(Job());
  destination_->Run("ALTER TABLE s.t ADD w text DEFAULT 'mine'; UPDATE s.t SET w = id::text");
  source_->Run("ALTER TABLE t ADD w text; UPDATE t SET w = 'theirs', k = 9 WHERE id = 1");
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(outcome.log, Says("added to the destination as w__text"));
  EXPECT_THAT(Values("w"), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_EQ(Values("w__text").front(), "theirs");
}

TEST_F(OutcomesTest, SystemColumnsAreSwitchedInPlace) {
  MakeTable();
  v1::Integration job = Job();
  Run(job);
  const std::string table = DestinationTable();
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  source_->Run("UPDATE t SET k = 9 WHERE id = 1");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("SYSTEM_COLUMNS"));
  EXPECT_THAT(Values("_sdc_table_version"), ElementsAre("1", "NULL", "NULL", "NULL", "NULL"));
  job.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  source_->Run("UPDATE t SET k = 10 WHERE id = 2; UPDATE t SET v = 7, k = 11 WHERE id = 1");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("SYSTEM_COLUMNS"));
  EXPECT_THAT(Values("_sdc_table_version"), ElementsAre("NULL", "NULL", "NULL", "NULL", "NULL"));
  EXPECT_EQ(DestinationTable(), table);
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
  EXPECT_TRUE(Verify(SharedStack(), job).IsVerified());
}

TEST_F(OutcomesTest, ABackfillReadsTheWholeTable) {
  MakeTable();
  v1::Integration job = Job();
  Stream(job).set_backfill(v1::BACKFILL_RELOAD);
  Run(job);
  source_->Run("ALTER TABLE t ADD w int DEFAULT 7");
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_ADDED w"));
  EXPECT_THAT(outcome.log, Says("reads the whole table: backfill is reload, and rows loaded before "
                                "lack w"));
  ExpectExact();
  EXPECT_EQ(RowsRead(Run(job)), 1);
}

// Whatever the default is by now.
TEST_F(OutcomesTest, ValuesThatOlderRowsGotAtTheSourceAreTold) {
  MakeTable();
  Run(Job());
  source_->Run(
      "ALTER TABLE t ADD a int NOT NULL DEFAULT 7; ALTER TABLE t ALTER a DROP DEFAULT;"
      "ALTER TABLE t ADD b int DEFAULT 7; ALTER TABLE t ALTER b DROP DEFAULT;"
      "ALTER TABLE t ADD c int; ALTER TABLE t ALTER c SET DEFAULT 7; ALTER TABLE t ADD d int");
  const JobOutcome outcome = Run(Job());
  constexpr char kAdded[] = " is new: added to the destination, NULL in rows loaded before";
  for (const char* column : {"a", "b"}) {
    EXPECT_THAT(outcome.log, Says(std::string("column ") + column + kAdded +
                                  ", though the source has values there; backfill: reload"));
  }
  EXPECT_THAT(outcome.log, Says(std::string("column c") + kAdded +
                                "; if the source has given them its default, backfill: reload"));
  EXPECT_THAT(outcome.log, Contains(std::string("column d") + kAdded));
}

// Nobody else has them. A view has the rows merged instead.
TEST_F(OutcomesTest, RowsKeepWhatRetiredColumnsHoldWhenTheTableIsReadWhole) {
  for (const bool merged : {false, true}) {
    source_->Run("DROP TABLE IF EXISTS t");
    destination_->Run("DROP SCHEMA IF EXISTS s CASCADE");
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, v int, w text, x int);"
        "INSERT INTO t SELECT n, n, n, 'w' || n, n FROM generate_series(1, 5) n");
    v1::Integration job = Job();
    Run(job);
    if (merged) destination_->Run("CREATE VIEW s.report AS SELECT id FROM s.t");
    const std::string table = DestinationTable();
    source_->Run("ALTER TABLE t DROP v, ALTER x TYPE text; UPDATE t SET k = 9 WHERE id = 1");
    Run(job);
    EXPECT_THAT(Values("v"), ElementsAre("NULL", "2", "3", "4", "NULL"));
    // Another one goes in the run that reads the whole table.
    source_->Run(
        "ALTER TABLE t DROP w; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (6, 6, '6')");
    Stream(job).set_filter("true");
    const JobOutcome outcome = Run(job);
    EXPECT_EQ(DestinationTable() == table, merged);
    EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_RETIRED w", "FILTER"));
    EXPECT_THAT(outcome.log, Says("the destination keeps it with what its rows hold"));
    EXPECT_THAT(Values("v"), ElementsAre("NULL", "3", "4", "NULL", "NULL"));
    EXPECT_THAT(Values("w"), ElementsAre("w1", "w3", "w4", "w5", "NULL"));
    // Every row has it in the other column.
    EXPECT_THAT(Values("x"), Each("NULL"));
    EXPECT_THAT(Values("x__text"), ElementsAre("1", "3", "4", "5", "6"));
    source_->Run(
        "ALTER TABLE t RENAME TO u; CREATE TABLE t (LIKE u INCLUDING ALL); INSERT INTO t SELECT * "
        "FROM u; DROP TABLE u");
    EXPECT_THAT(Changes(Run(job)), ElementsAre("TABLE_RECREATED"));
    EXPECT_THAT(Values("v"), ElementsAre("NULL", "3", "4", "NULL", "NULL"));
  }
}

// The loader dies when the rows of a load have got the values; another run goes on with the load.
TEST_F(OutcomesTest, RetiredColumnsAreKeptByALoadThatIsTakenOver) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k timestamptz, v int);"
      "INSERT INTO t SELECT n, now() - n * interval '1 min', n FROM generate_series(1, 5) n");
  Run(Job());
  source_->Run("ALTER TABLE t DROP v");
  Run(Job());
  v1::Integration job = Job();
  Stream(job).set_filter("true");
  {
    Stack stack({.loader = "loader.finish.prepared=kill"});
    std::thread running([&] { RunJob(stack, job); });
    stack.loader.process().Wait();
    stack.scheduler.process().Kill();
    running.join();
  }
  source_->Run("UPDATE t SET k = now() WHERE id = 2; INSERT INTO t VALUES (6, now())");
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(outcome.log, Says("goes on with the first load that an earlier run began"));
  EXPECT_THAT(Values("v"), ElementsAre("1", "2", "3", "4", "5", "NULL"));
  EXPECT_EQ(Rows(*source_, "(SELECT id, k FROM t)"),
            Rows(*destination_, "(SELECT id, k FROM s.t)"));
}

TEST_F(OutcomesTest, WithoutAKeyThatStaysRetiredColumnsLoseWhatTheyHoldAndItIsTold) {
  MakeTable();
  source_->Run("ALTER TABLE t DROP CONSTRAINT t_pkey");
  Run(Job());
  source_->Run("ALTER TABLE t DROP v");
  Run(Job());
  v1::Integration job = Job();
  Stream(job).set_filter("true");
  const scheduler::SchedulerClient client(rpc::Connect(SharedStack().scheduler.address()),
                                          "scheduler");
  const auto checked = client.ValidateIntegration(job);
  ASSERT_TRUE(checked.ok()) << checked.status();
  ASSERT_EQ(checked->streams_size(), 1);
  ASSERT_EQ(checked->streams(0).changes_size(), 2);
  EXPECT_EQ(checked->streams(0).changes(0).kind(), v1::CHANGE_KIND_RETIRED_VALUES);
  EXPECT_THAT(Values("v"), Contains("1"));
  EXPECT_THAT(Changes(Run(job)), ElementsAre("RETIRED_VALUES", "FILTER"));
  EXPECT_THAT(Values("v"), Each("NULL"));
  Stream(job).set_filter("id > 0");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("FILTER"));
}

TEST_F(OutcomesTest, WithoutAKeyWhatIsWrittenAgainLosesUsersAndRetiredColumns) {
  MakeTable();
  source_->Run("ALTER TABLE t DROP CONSTRAINT t_pkey");
  EXPECT_THAT(Run(Job()).log, Not(Says("deleted and inserted again")));
  EXPECT_THAT(Run(Job()).log, Not(Says("deleted and inserted again")));
  destination_->Run("ALTER TABLE s.t ADD note text; UPDATE s.t SET note = id");
  source_->Run("ALTER TABLE t DROP v; INSERT INTO t VALUES (6, 6)");
  EXPECT_THAT(Run(Job()).log, Says("without what these columns of the destination hold there: v, "
                                   "note"));
  EXPECT_THAT(Values("note"), ElementsAre("1", "2", "3", "4", "NULL", "NULL"));
  EXPECT_THAT(Values("v"), ElementsAre("1", "2", "3", "4", "NULL", "NULL"));
}

TEST_F(OutcomesTest, AFilterWithoutABackfillHoldsFromNowOn) {
  MakeTable();
  v1::Integration job = Job();
  Run(job);
  Stream(job).set_backfill(v1::BACKFILL_NONE);
  Stream(job).set_filter("id > 2");
  source_->Run("UPDATE t SET k = 10, v = 0 WHERE id < 4");
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(Changes(outcome), ElementsAre("FILTER"));
  EXPECT_EQ(RowsRead(outcome), 2);
  EXPECT_THAT(Values("v"), ElementsAre("1", "2", "0", "4", "5"));
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
}

// It is known by the columns that miss, however long ago they came.
TEST_F(OutcomesTest, ABackfillThatIsAskedForLaterReadsTheWholeTable) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ADD w int DEFAULT 7");
  EXPECT_THAT(Run(Job()).log, Says("backfill: reload reads them anew"));
  EXPECT_EQ(RowsRead(Run(Job())), 1);
  v1::Integration job = Job();
  Stream(job).set_backfill(v1::BACKFILL_RELOAD);
  EXPECT_THAT(Run(job).log,
              Says("reads the whole table: backfill is reload, and rows loaded before "
                   "lack w"));
  ExpectExact();
  EXPECT_EQ(RowsRead(Run(job)), 1);
}

// The filter was to hold from then on, but the run failed.
TEST_F(OutcomesTest, AFailedRunsFilterIsNotWhatTheTableWasReadBy) {
  MakeTable();
  Run(Job());
  v1::Integration job = Job();
  Stream(job).set_backfill(v1::BACKFILL_NONE);
  Stream(job).set_filter("id > 2 AND 10 / v > -1");
  source_->Run("UPDATE t SET v = 0 WHERE id = 5");
  EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "SOURCE_VALUE_INVALID");
  source_->Run("UPDATE t SET v = 1 WHERE id = 5");
  Stream(job).clear_backfill();
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(Changes(outcome), ElementsAre("FILTER"));
  EXPECT_EQ(RowsRead(outcome), 3);
  ExpectExact("(SELECT * FROM t WHERE id > 2)");
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
}

// It has moved the bookmark past rows that its filter left out.
TEST_F(OutcomesTest, AFailedRunsFilterThatIsTakenBackHasTheTableReadWhole) {
  MakeTable();
  Run(Job());
  source_->Run("INSERT INTO t SELECT n, n, n FROM generate_series(6, 60) n");
  v1::Integration job = Job();
  Stream(job).set_backfill(v1::BACKFILL_NONE);
  Stream(job).set_filter("id % 2 = 0");
  {
    Stack stack({.extractor = "extractor.chunk.acknowledged=kill"}, {"--chunk-rows=10"});
    std::thread running([&] { RunJob(stack, job); });
    stack.extractor.process().Wait();
    stack.scheduler.process().Kill();
    running.join();
  }
  EXPECT_GT(destination_->Int("SELECT bookmark::int FROM _lockstitch.streams"), 6);
  EXPECT_THAT(Changes(Run(Job())), ElementsAre("FILTER"));
  ExpectExact();
}

TEST_F(OutcomesTest, AResetLeavesRetiredColumnsOut) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ALTER v TYPE text");
  Run(Job());
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v integer", "v__text text"));
  // Read whole, but not reset: what was kept stays.
  v1::Integration filtered = Job();
  Stream(filtered).set_filter("true");
  Run(filtered);
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v__text text", "v integer"));
  ExpectSucceeded(RunJob(SharedStack(), filtered, /*reset=*/true));
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v text"));
}

// An extraction that fails after the table was altered for it.
TEST_F(OutcomesTest, WhatAFailedRunHasAlteredIsKnownToTheNext) {
  MakeTable();
  v1::Integration job = Job();
  Stream(job).set_filter("10 / v > -1");
  Run(job);
  source_->Run("ALTER TABLE t ADD w int; UPDATE t SET w = id, k = 9, v = 0 WHERE id = 1");
  const JobOutcome failed = RunJob(SharedStack(), job);
  EXPECT_EQ(Reason(failed), "SOURCE_VALUE_INVALID");
  EXPECT_THAT(Changes(failed), ElementsAre("COLUMN_ADDED w"));
  source_->Run("UPDATE t SET v = 1");
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v integer", "w integer"));
  EXPECT_EQ(Values("w").front(), "1");
}

// The rows are the same to the last bit, but they are to go to another column.
TEST_F(OutcomesTest, WhatAFailedRunHasRenamedIsWrittenByTheNext) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int, v int, x int);"
      "INSERT INTO t SELECT n, n, n, 1 FROM generate_series(1, 5) n");
  v1::Integration job = Job();
  Stream(job).set_filter("10 / x > -1");
  Stream(job).add_exclude_columns("x");
  Run(job);
  EXPECT_EQ(RowsRead(Run(job)), 1);
  source_->Run("ALTER TABLE t RENAME v TO w; UPDATE t SET x = 0 WHERE id = 5");
  EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "SOURCE_VALUE_INVALID");
  source_->Run("UPDATE t SET x = 1 WHERE id = 5");
  EXPECT_EQ(RowsRead(Run(job)), 1);
  EXPECT_THAT(Values("w"), ElementsAre("NULL", "NULL", "NULL", "NULL", "5"));
}

TEST_F(OutcomesTest, MoreColumnsThanATableCanHaveFailBeforeAnythingIsWritten) {
  MakeTable();
  Run(Job());
  // Dropped columns count.
  destination_->Run(
      "DO $$ BEGIN FOR i IN 1..1597 LOOP EXECUTE 'ALTER TABLE s.t ADD c' || i || ' int'; END LOOP; "
      "FOR i IN 1..1597 LOOP EXECUTE 'ALTER TABLE s.t DROP c' || i; END LOOP; END $$");
  source_->Run("ALTER TABLE t ADD w int; UPDATE t SET k = 9, v = 0 WHERE id = 1");
  const JobOutcome outcome = RunJob(SharedStack(), Job());
  EXPECT_EQ(Reason(outcome), "DESTINATION_COLUMNS_EXCEEDED");
  EXPECT_THAT(outcome.log, Says("reset the stream"));
  EXPECT_EQ(Values("v").front(), "1");
  ExpectSucceeded(RunJob(SharedStack(), Job(), /*reset=*/true));
  ExpectExact();
}

TEST_F(OutcomesTest, MoreColumnsThanANewTableCanHaveFailToo) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  Run(FullTableJob());
  source_->Run(
      "DO $$ BEGIN FOR i IN 1..1598 LOOP EXECUTE 'ALTER TABLE t ADD c' || i || ' bool'; END LOOP; "
      "END $$");
  v1::Integration job = FullTableJob();
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "DESTINATION_COLUMNS_EXCEEDED");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1);
}

// A reader whose transaction is long: other readers aren't kept from the table.
TEST_F(OutcomesTest, ALongReaderIsWaitedForWithoutAQueueBehind) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ADD w int; UPDATE t SET w = 1, k = 9");
  Database reader(destination_url_);
  reader.Run("BEGIN; SELECT FROM s.t");
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(SharedStack(), Job()); });
  constexpr char kWaits[] =
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND "
      "wait_event_type = 'Lock' AND application_name LIKE 'lockstitch loader%'";
  destination_->Await(kWaits);
  EXPECT_EQ(Database(destination_url_).Int("SELECT count(*) FROM s.t"), 5);
  destination_->Await(std::string("SELECT NOT (") + kWaits + ")");
  reader.Run("COMMIT");
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
  EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_ADDED w"));
  ExpectExact();
}

TEST_F(OutcomesTest, ALockThatIsNeverGivenEndsTheRun) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ADD w int");
  Stack stack({}, {}, {"--swap-deadline=1s"});
  Database holder(destination_url_);
  holder.Run("BEGIN; LOCK TABLE s.t IN ACCESS EXCLUSIVE MODE");
  EXPECT_EQ(Reason(RunJob(stack, Job())), "DESTINATION_TABLE_LOCKED");
  holder.Run("COMMIT");
  EXPECT_THAT(Columns(), ElementsAre("id integer", "k integer", "v integer"));
}

}  // namespace
}  // namespace lockstitch::tests

// First loads that are interrupted, gone on with by later runs, and given up.

#include "tests/incremental/first_load.h"

#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "testing/rendezvous.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAreArray;
using ::testing::Not;
using testing::Rendezvous;

class ResumedLoadTest : public FirstLoadTest, public ::testing::WithParamInterface<bool> {
 protected:
  ResumedLoadTest() { MakeTable(GetParam()); }

  // Rows come, and go on from where they were to the present: such as are in ranges still to be
  // read, and such as have no key. With a primary key, so do rows that a durable range holds;
  // without one their older versions would stay.
  void Write(const std::string& still_to_be_read = "900, 1000") {
    source_->Run("INSERT INTO t SELECT max(id) + 1, now(), 2 FROM t");
    source_->Run("UPDATE t SET k = now(), v = v + 1 WHERE id IN (1002, " + still_to_be_read + ")");
    source_->Run("INSERT INTO t SELECT max(id) + 1, NULL, 2 FROM t");
    source_->Run("UPDATE t SET v = v + 1 WHERE id = 1003");
    if (GetParam()) source_->Run("UPDATE t SET k = now(), v = v + 1 WHERE id IN (1, 100, 300)");
  }
};

TEST_P(ResumedLoadTest, DurableRangesAreNotReadAgain) {
  RunKilled(Job());
  EXPECT_EQ(DurableRanges(), 1);
  Write();
  const int64_t left = RowsLeft();
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(outcome.log, Says("goes on with the first load that an earlier run began: 1 of 5"));
  EXPECT_EQ(RowsRead(outcome), left);
  ExpectExact();
  EXPECT_EQ(LoadTables(), 0);
  // The first snapshot's horizon, behind which rows may have gone.
  EXPECT_EQ(Bookmark(), destination_->Text("SELECT horizon FROM _lockstitch.loads"));
  Write();
  const JobOutcome next = Run(Job());
  EXPECT_THAT(next.log, Not(Says("goes on")));
  ExpectExact(
      "(SELECT * FROM t WHERE NOT (k IS NULL AND id = (SELECT max(id) FROM t)) AND id <> "
      "1003 UNION ALL SELECT id, k, v - 1 FROM t WHERE id = 1003)");
}

TEST_P(ResumedLoadTest, FromRunToRun) {
  RunKilled(Job());
  for (int run = 2; run <= 4; ++run) {
    Write();
    RunKilled(Job());
    EXPECT_EQ(DurableRanges(), run);
  }
  Write();
  EXPECT_THAT(Run(Job()).log, Says("4 of 6 ranges are durable"));
  ExpectExact();
}

TEST_P(ResumedLoadTest, OnceAllRangesAreDurable) {
  RunKilled(Job(), "extractor.finishing");
  EXPECT_EQ(DurableRanges(), 5);
  Write("1004");
  RunKilled(Job(), "extractor.finishing");
  EXPECT_EQ(DurableRanges(), 6);
  // The closing range is durable as well, and another one closes the load.
  Write("1005");
  EXPECT_THAT(Run(Job()).log, Says("6 of 6 ranges are durable"));
  ExpectExact();
}

// Nothing but the closing range is left to be read. Of an extractor that dies once it has sent the
// chunk, the loader may commit it or not.
TEST_P(ResumedLoadTest, KilledInItsClosingRange) {
  RunKilled(Job(), "extractor.finishing");
  for (const char* instant : {"extractor.range.opened", "loader.batch.written",
                              "loader.chunk.copied", "loader.chunk.recorded"}) {
    Write("1004");
    RunKilled(Job(), instant);
    EXPECT_EQ(DurableRanges(), 5) << instant;
  }
  Write("1004");
  RunKilled(Job(), "loader.chunk.committed");
  EXPECT_EQ(DurableRanges(), 6);
  Write("1004");
  EXPECT_THAT(Run(Job()).log, Says("6 of 6 ranges are durable"));
  ExpectExact();
  EXPECT_EQ(LoadTables(), 0);
}

TEST_P(ResumedLoadTest, OnceItsTableIsFinished) {
  v1::Integration job = Job();
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  RunKilled(job, "loader.finish.publishing");
  // Rows come for which the load's table has keys already, and columns without defaults.
  Write("1004");
  EXPECT_THAT(Run(job).log, Says("5 of 5 ranges are durable"));
  EXPECT_EQ(Rows(*source_, "t"), Rows(*destination_, "(SELECT id, k, v FROM s.t)"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t WHERE _sdc_table_version IS NULL OR "
                              "_sdc_batched_at IS NULL"),
            0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_attrdef WHERE adrelid = 's.t'::regclass"),
            0);
}

// Row 13 of the study in tests/model.
TEST_P(ResumedLoadTest, BoundariesStayWhateverNewStatisticsSay) {
  RunKilled(Job());
  const std::vector<std::string> boundaries = Boundaries();
  EXPECT_EQ(boundaries.size(), 3u);
  source_->Run(
      "INSERT INTO t SELECT n, clock_timestamp(), 2 FROM generate_series(2001, 6000) n; ANALYZE t");
  const int64_t left = RowsLeft();
  v1::Integration other = Job();
  other.set_name("other");
  Run(other);
  EXPECT_THAT(Boundaries("other"), Not(ElementsAreArray(boundaries)));

  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(outcome.log, Says("1 of 5 ranges are durable"));
  EXPECT_EQ(RowsRead(outcome), left);
  EXPECT_EQ(Boundaries(), boundaries);
  ExpectExact();
}

// Row 10: whoever kept the greatest key would keep the row as it was.
TEST_P(ResumedLoadTest, ARowWhoseKeyWentBackIsAsTheNewestSnapshotHasIt) {
  testing::Database early(source_url_);
  early.Run("BEGIN");
  const std::string began = early.Text("SELECT now()");
  source_->Run("UPDATE t SET k = now(), v = 2 WHERE id = 500");
  const std::string later = source_->Text("SELECT k FROM t WHERE id = 500");
  RunKilled(Job(), "extractor.finishing");
  EXPECT_EQ(DurableRanges(), 5);
  early.Run("UPDATE t SET k = now(), v = 3 WHERE id = 500; COMMIT");
  EXPECT_EQ(
      source_->Text("SELECT k = '" + began + "' AND k < '" + later + "' FROM t WHERE id = 500"),
      "t");
  EXPECT_THAT(Run(Job()).log, Says("goes on with the first load"));
  EXPECT_EQ(destination_->Int("SELECT v FROM s.t WHERE id = 500"), 3);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, ResumedLoadTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

TEST_F(FirstLoadTest, AnExtractorThatIsKilledCostsARangeToo) {
  MakeTable(/*keyed=*/true);
  Stack stack({.extractor = "extractor.chunk.acknowledged=kill"});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job()); });
  EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
  stack.extractor.Restart();
  running.join();
  ExpectSucceeded(outcome);
  EXPECT_THAT(outcome.log, Says("1 of 5 ranges are durable"));
  ExpectExact();
}

TEST_F(FirstLoadTest, OtherSettingsBeginAnew) {
  MakeTable(/*keyed=*/true);
  RunKilled(Job());
  v1::Integration filtered = Job();
  Stream(filtered).set_filter("id > 5");
  RunKilled(filtered);
  source_->Run("ALTER TABLE t ADD w text DEFAULT 'w'");
  const JobOutcome outcome = Run(filtered);
  EXPECT_THAT(outcome.log, Says("begins the first load anew: the columns, or their types, have"));
  EXPECT_EQ(RowsRead(outcome), 1000);
  ExpectExact("(SELECT * FROM t WHERE id > 5)");
  EXPECT_EQ(LoadTables(), 0);
}

// The horizon that bounds the bookmark was that of the other one.
TEST_F(FirstLoadTest, AnotherLookbackBeginsAnew) {
  MakeTable(/*keyed=*/true);
  RunKilled(Job());
  v1::Integration looking_back = Job();
  Stream(looking_back).set_lookback("1 day");
  const JobOutcome outcome = Run(looking_back);
  EXPECT_THAT(outcome.log, Says("begins the first load anew: the look-back or the time zone has"));
  EXPECT_EQ(RowsRead(outcome), 1005);
  ExpectExact();
}

TEST_F(FirstLoadTest, SystemColumnsTellWhichRunHasReadARow) {
  MakeTable(/*keyed=*/true);
  v1::Integration job = Job();
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  RunKilled(job);
  const std::string before = destination_->Text("SELECT clock_timestamp()");
  EXPECT_THAT(Run(job).log, Says("1 of 5 ranges are durable"));
  EXPECT_EQ(destination_->Text("SELECT string_agg(n::text, ' ' ORDER BY later) FROM (SELECT "
                               "_sdc_received_at > '" +
                               before + "' AS later, count(*) AS n FROM s.t GROUP BY 1) r"),
            "249 756");
  EXPECT_EQ(destination_->Int("SELECT count(DISTINCT _sdc_sequence) FROM s.t"), 2);
}

TEST_F(FirstLoadTest, ARunThatFailsLeavesItsRangesToTheNext) {
  MakeTable(/*keyed=*/true);
  v1::Integration job = Job();
  Stream(job).set_filter("10 / v > 0");
  source_->Run("UPDATE t SET v = 0 WHERE id = 800");
  const v1::StreamRun failed = RunJob(SharedStack(), job).stream("public.t");
  EXPECT_EQ(failed.error().reason(), "SOURCE_VALUE_INVALID");
  EXPECT_EQ(DurableRanges(), 3);
  EXPECT_EQ(failed.progress().rows_loaded(), 749);
  source_->Run("UPDATE t SET v = 1 WHERE id = 800");
  EXPECT_THAT(Run(job).log, Says("3 of 5 ranges are durable"));
  ExpectExact();
}

TEST_F(FirstLoadTest, ARunThatIsCancelledLeavesNothing) {
  MakeTable(/*keyed=*/true);
  Rendezvous durable;
  Stack stack({.extractor = "extractor.chunk.acknowledged=" + durable.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job()); });
  durable.AwaitArrival();
  EXPECT_EQ(LoadTables(), 1);
  stack.scheduler.process().Signal(SIGTERM);
  EXPECT_EQ(stack.scheduler.process().Wait(), 0);
  durable.Release();
  running.join();
  EXPECT_EQ(outcome.stream("public.t").progress().rows_loaded(), 0);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_EQ(RowsRead(Run(Job())), 1005);
  ExpectExact();
}

TEST_F(FirstLoadTest, AResetGivesUpWhatAnEarlierRunHasLoaded) {
  MakeTable(/*keyed=*/true);
  RunKilled(Job());
  const JobOutcome outcome = RunJob(SharedStack(), Job(), /*reset=*/true);
  ExpectSucceeded(outcome);
  EXPECT_EQ(RowsRead(outcome), 1005);
  EXPECT_EQ(LoadTables(), 0);
}

}  // namespace
}  // namespace lockstitch::tests

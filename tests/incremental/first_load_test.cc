// First loads that are interrupted, gone on with by later runs, given up, and swept.

#include <signal.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Rendezvous;

constexpr int kKilled = 128 + SIGKILL;

// A stream whose whole is read in four ranges of 250 rows, then those without a key, one by one.
class FirstLoadTest : public StreamTest {
 protected:
  void MakeTable(bool keyed) {
    source_->Run("CREATE TABLE t (id int" + std::string(keyed ? " PRIMARY KEY" : "") +
                 ", k timestamptz, v int); CREATE INDEX ON t (k)");
    source_->Run(
        "INSERT INTO t SELECT n, timestamptz '2020-01-01 00:00+00' + n * interval '1 min', 1 FROM "
        "generate_series(1, 1000) n; ANALYZE t; INSERT INTO t SELECT n, NULL, 1 FROM "
        "generate_series(1001, 1005) n");
  }

  v1::Integration Job() {
    v1::Integration job = StreamTest::Job();
    job.mutable_source()->mutable_postgres()->set_max_connections(1);
    Stream(job).set_ranges(4);
    return job;
  }

  // A run whose extractor is killed at an instant, and its scheduler with it.
  void RunKilled(const v1::Integration& job,
                 const std::string& instant = "extractor.chunk.acknowledged") {
    Stack stack({.extractor = instant + "=kill"});
    std::thread running([&] { RunJob(stack, job); });
    EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
    stack.scheduler.process().Kill();
    running.join();
  }

  int64_t DurableRanges() {
    return destination_->Int("SELECT count(*) FROM _lockstitch.ranges WHERE complete");
  }
  // What is left to be read of the unfinished load, and once more at its end.
  int64_t RowsLeft() {
    const std::string horizon = destination_->Text(
        "SELECT horizon FROM _lockstitch.loads WHERE state = 'open' AND load_table <> ''");
    const std::string past = destination_->Text(
        "SELECT coalesce(max(upper_bound::timestamptz), '-infinity')::text FROM _lockstitch.ranges "
        "WHERE complete");
    return source_->Int("SELECT count(*) FROM t WHERE k >= '" + past + "' OR k IS NULL") +
           source_->Int("SELECT count(*) FROM t WHERE k >= '" + horizon + "' OR k IS NULL");
  }
  // Where the ranges of an integration's newest load end, in their order; the closing one aside.
  std::vector<std::string> Boundaries(const std::string& schema = "s") {
    return destination_->List(
        "SELECT upper_bound FROM _lockstitch.ranges JOIN _lockstitch.streams USING (stream_id) "
        "JOIN _lockstitch.integrations ON uid = integration_uid WHERE destination_schema = '" +
        schema +
        "' AND upper_bound IS NOT NULL AND load_id = (SELECT max(load_id) FROM _lockstitch.loads l "
        "WHERE l.stream_id = streams.stream_id) ORDER BY range");
  }
  int64_t LoadTables() {
    return destination_->Int(
        "SELECT count(*) FROM pg_class WHERE relname LIKE '\\_lockstitch\\_load%' AND relkind = "
        "'r'");
  }
};

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

TEST_P(ResumedLoadTest, OnceItsTableIsFinished) {
  v1::Integration job = Job();
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  {
    Stack stack({.loader = "loader.finish.publishing=kill"});
    std::thread running([&] { RunJob(stack, job); });
    EXPECT_EQ(stack.loader.process().Wait(), kKilled);
    stack.scheduler.process().Kill();
    running.join();
  }
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

TEST_F(FirstLoadTest, ARunThatFailsLeavesItsRangesToTheNext) {
  MakeTable(/*keyed=*/true);
  v1::Integration job = Job();
  Stream(job).set_filter("10 / v > 0");
  source_->Run("UPDATE t SET v = 0 WHERE id = 800");
  EXPECT_EQ(RunJob(SharedStack(), job).stream("public.t").error().reason(), "SOURCE_VALUE_INVALID");
  EXPECT_EQ(DurableRanges(), 3);
  source_->Run("UPDATE t SET v = 1 WHERE id = 800");
  EXPECT_THAT(Run(job).log, Says("3 of 5 ranges are durable"));
  ExpectExact();
}

TEST_F(FirstLoadTest, ARunThatIsCancelledLeavesNothing) {
  MakeTable(/*keyed=*/true);
  Rendezvous durable;
  Stack stack({.extractor = "extractor.chunk.acknowledged=" + durable.action()});
  std::thread running([&] { RunJob(stack, Job()); });
  durable.AwaitArrival();
  EXPECT_EQ(LoadTables(), 1);
  stack.scheduler.process().Signal(SIGTERM);
  EXPECT_EQ(stack.scheduler.process().Wait(), 0);
  durable.Release();
  running.join();
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

// `lockstitch clean`.
class CleanTest : public FirstLoadTest {
 protected:
  CleanTest() { MakeTable(/*keyed=*/true); }

  CommandResult Clean(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"cli/lockstitch", "clean", "--destination",
                                        destination_url_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return testing::RunCommand({.command = command});
  }
};

TEST_F(CleanTest, DropsWhatGoesOnNoMore) {
  EXPECT_THAT(Clean({}).out, HasSubstr("left nothing behind"));  // Of a new destination.
  RunKilled(Job());
  v1::Integration other = Job();
  other.set_name("other");
  Run(other);

  EXPECT_THAT(Clean({"--dry-run"}).out, HasSubstr("left nothing behind"));  // A day isn't over.
  EXPECT_THAT(Clean({"--idle", "0s", "--name", "other"}).out, HasSubstr("left nothing behind"));
  const CommandResult listed = Clean({"--dry-run", "--idle", "0s"});
  EXPECT_EQ(listed.status, 0);
  EXPECT_THAT(listed.out, HasSubstr("public.t"));
  EXPECT_THAT(listed.out, HasSubstr("would be dropped"));
  EXPECT_EQ(LoadTables(), 1);

  const CommandResult dropped = Clean({"--idle", "0s", "--output", "json"});
  EXPECT_EQ(dropped.status, 0) << dropped.err;
  const auto leftovers = nlohmann::json::parse(dropped.out)["leftovers"];
  ASSERT_EQ(leftovers.size(), 1u);
  EXPECT_EQ(leftovers[0]["destination_schema"], "s");
  EXPECT_EQ(leftovers[0]["stream"], "public.t");
  EXPECT_EQ(leftovers[0]["dropped"], true);
  EXPECT_GT(leftovers[0]["bytes"], 0);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_EQ(nlohmann::json::parse(Clean({"--output", "json"}).out)["leftovers"].size(), 0u);

  EXPECT_EQ(destination_->Int("SELECT count(*) FROM other.t"), 1005);
  EXPECT_EQ(RowsRead(Run(other)), 1);
  const JobOutcome next = Run(Job());
  EXPECT_THAT(next.log, Not(Says("goes on")));
  EXPECT_EQ(RowsRead(next), 1005);
  ExpectExact();
}

TEST_F(CleanTest, ARunThatLivesAfterAllIsSuperseded) {
  Rendezvous durable;
  Stack stack({.extractor = "extractor.chunk.acknowledged=" + durable.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job()); });
  durable.AwaitArrival();
  EXPECT_THAT(Clean({"--idle", "0s"}).out, HasSubstr("dropped"));
  durable.Release();
  running.join();
  const v1::StreamRun run = outcome.stream("public.t");
  EXPECT_EQ(run.error().reason(), "SUPERSEDED");
  EXPECT_EQ(run.attempts(), 1u);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_EQ(RowsRead(Run(Job())), 1005);
  ExpectExact();
}

}  // namespace
}  // namespace lockstitch::tests

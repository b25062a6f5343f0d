// A hot standby as the source.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/stack/stack.h"
#include "tests/types/version_pairs.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class StandbyTest : public ::testing::TestWithParam<int> {
 protected:
  StandbyTest()
      : primary_({.version = GetParam(), .settings = {"wal_level = replica"}}),
        standby_({.settings = {"max_standby_streaming_delay = 0"}, .primary = &primary_}),
        writer_(primary_.Url("postgres")),
        reader_(standby_.Url("postgres")),
        destination_(ClusterOf(15)) {
    writer_.Run(
        "CREATE TABLE t (id int PRIMARY KEY, v text);"
        "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n");
    // The standby shows it once it is replayed.
    reader_.Await("SELECT to_regclass('public.t') IS NOT NULL");
    AwaitReplay();
  }

  void AwaitReplay() {
    const std::string position = writer_.Text("SELECT pg_current_wal_lsn()");
    reader_.Await("SELECT pg_last_wal_replay_lsn() >= '" + position + "'::pg_lsn");
  }

  v1::Integration Job(uint32_t ranges) {
    return IntegrationOf("s", standby_.Url("postgres"), destination_.url, {"t"}, ranges);
  }

  void ExpectArrived(const JobOutcome& outcome, int rows) {
    ExpectSucceeded(outcome);
    EXPECT_EQ(destination_.session->Int("SELECT count(*) FROM s.t"), rows);
    const std::string contents = "SELECT md5(string_agg(id || v, ',' ORDER BY id)) FROM ";
    EXPECT_EQ(destination_.session->Text(contents + "s.t"), reader_.Text(contents + "public.t"));
  }

  testing::PostgresCluster primary_;
  testing::PostgresCluster standby_;
  testing::Database writer_;
  testing::Database reader_;
  FreshDatabase destination_;
};

TEST_P(StandbyTest, IsReadInOneRangeAndInTwo) {
  Stack stack;
  ExpectArrived(RunJob(stack, Job(1)), 20000);
  ExpectArrived(RunJob(stack, Job(2)), 20000);
}

TEST_P(StandbyTest, ASnapshotCancelledByTheRecoveryIsTakenAnew) {
  testing::Rendezvous held;
  Stack stack({.extractor = "extractor.snapshot.taken=" + held.action()});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job(2)); });
  held.AwaitArrival();
  // Rows that the snapshot sees are removed.
  writer_.Run("DELETE FROM t WHERE id > 15000");
  writer_.Run("VACUUM t");
  AwaitReplay();
  reader_.Await("SELECT sum(confl_snapshot) > 0 FROM pg_stat_database_conflicts");
  held.Release();
  job.join();
  ExpectArrived(outcome, 15000);
  EXPECT_GE(outcome.stream("public.t").attempts(), 2u);
  EXPECT_THAT(outcome.log, Contains(HasSubstr("trying again: SOURCE_CONFLICT at attempt 1 of 5")));
}

// The read itself is cancelled: its COPY waits, at a row in the midst, for a lock that the test
// holds: the stream's filter asks for it.
class CancelledReadTest : public StandbyTest {
 protected:
  CancelledReadTest() {
    writer_.Run(
        "CREATE FUNCTION pass(id int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN IF id IN (10000, "
        "25000) THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; RETURN true; END$$");
    AwaitReplay();
  }

  v1::Integration FilteredJob() {
    v1::Integration job = Job(1);
    job.mutable_streams(0)->set_filter("public.pass(id)");
    return job;
  }

  // A run of the job whose read waits while `change`, statements, is made and replayed, and
  // `meanwhile` is true of the destination.
  JobOutcome RunWhileReplaying(Stack& stack, const v1::Integration& job,
                               const std::vector<std::string>& change,
                               const std::string& meanwhile = "SELECT true") {
    reader_.Run("SELECT pg_advisory_lock(1)");
    JobOutcome outcome;
    std::thread running([&] { outcome = RunJob(stack, job); });
    reader_.Await("SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    destination_.session->Await(meanwhile);
    for (const std::string& statement : change) writer_.Run(statement);
    AwaitReplay();
    reader_.Run("SELECT pg_advisory_unlock(1)");
    running.join();
    return outcome;
  }

  static void ExpectTriedAgain(Stack& stack, const JobOutcome& outcome) {
    EXPECT_GE(outcome.stream("public.t").attempts(), 2u);
    EXPECT_THAT(outcome.log,
                Contains(AllOf(HasSubstr("trying again: SOURCE_CONFLICT at attempt 1 of 5"),
                               HasSubstr("conflict with recovery"))));
    const std::string retries =
        "lockstitch_scheduler_stream_run_retries_total{reason=\"SOURCE_CONFLICT\"} [1-9]";
    const std::vector<std::string> look = {
        "bash", "-c",
        "curl --silent " + stack.scheduler.metrics_url() + " | grep --quiet '^" + retries + "'"};
    EXPECT_EQ(testing::RunCommand({.command = look}).status, 0) << retries;
  }

  void ExpectExact(Stack& stack, const JobOutcome& outcome, const v1::Integration& job, int rows) {
    ExpectArrived(outcome, rows);
    EXPECT_TRUE(Verify(stack, job).IsVerified());
  }
};

TEST_P(CancelledReadTest, BecauseRowsOfItsSnapshotAreRemoved) {
  Stack stack;
  const v1::Integration job = FilteredJob();
  const JobOutcome outcome =
      RunWhileReplaying(stack, job, {"DELETE FROM t WHERE id > 15000", "VACUUM t"});
  ExpectTriedAgain(stack, outcome);
  ExpectExact(stack, outcome, job, 15000);
}

TEST_P(CancelledReadTest, BecauseItsTableIsLocked) {
  Stack stack;
  const v1::Integration job = FilteredJob();
  const JobOutcome outcome =
      RunWhileReplaying(stack, job, {"BEGIN; TRUNCATE t; INSERT INTO t VALUES (1, 'a'); COMMIT"});
  ExpectTriedAgain(stack, outcome);
  ExpectExact(stack, outcome, job, 1);
}

// The chunks before it stay, and the next snapshot is read from their bookmark on.
TEST_P(CancelledReadTest, AfterSomeOfItsChunksAreDurable) {
  Stack stack({}, {"--chunk-rows=1000"});
  v1::Integration job = FilteredJob();
  job.mutable_streams(0)->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  job.mutable_streams(0)->set_replication_key("id");
  ExpectSucceeded(RunJob(stack, job));
  writer_.Run("INSERT INTO t SELECT n, repeat('y', 100) FROM generate_series(20001, 30000) n");
  AwaitReplay();
  const JobOutcome outcome =
      RunWhileReplaying(stack, job, {"DELETE FROM t WHERE id > 28000", "VACUUM t"},
                        "SELECT count(*) >= 22000 FROM s.t");
  ExpectTriedAgain(stack, outcome);
  EXPECT_EQ(destination_.session->Text("SELECT max(lower_bound::int) >= 22000 FROM "
                                       "_lockstitch.ranges"),
            "t");
  ExpectExact(stack, outcome, job, 28000);
}

INSTANTIATE_TEST_SUITE_P(Versions, CancelledReadTest, ::testing::Values(10, 15),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Versions, StandbyTest, ::testing::Values(10, 15),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace lockstitch::tests

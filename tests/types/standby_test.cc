// A hot standby as the source.

#include <memory>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "testing/rendezvous.h"
#include "tests/stack/stack.h"
#include "tests/types/version_pairs.h"

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
  EXPECT_THAT(outcome.log, Contains(AllOf(HasSubstr("trying again"), HasSubstr("conflict"))));
}

INSTANTIATE_TEST_SUITE_P(Versions, StandbyTest, ::testing::Values(10, 15),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace lockstitch::tests

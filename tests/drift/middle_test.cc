// Changes in the middle of a run that no run goes on after as if nothing was: what the run makes of
// them, and the next one.

#include <string>
#include <thread>
#include <vector>

#include "testing/rendezvous.h"
#include "tests/drift/drift_test.h"

namespace lockstitch::tests {
namespace {

using testing::Database;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Rendezvous;

class MiddleTest : public DriftTest {
 protected:
  void MakeTable(int rows = 5) {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, v text);"
        "INSERT INTO t SELECT n, n, repeat('v', 100) FROM generate_series(1, " +
        std::to_string(rows) + ") n");
  }

  // A run during which `change` is made: once it has begun to read.
  JobOutcome RunDuring(const v1::Integration& job, const std::string& change) {
    Rendezvous opened;
    Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
    JobOutcome outcome;
    std::thread running([&] { outcome = RunJob(stack, job); });
    opened.AwaitArrival();
    source_->Run(change);
    opened.Release();
    running.join();
    return outcome;
  }

  // The same for a change that waits until the run has ended, which doesn't see it.
  void RunAhead(const v1::Integration& job, const std::string& change,
                const std::string& columns = "*") {
    const std::vector<std::string> before = Rows(*source_, "t");
    Rendezvous opened;
    Stack stack({.extractor = "extractor.range.opened=" + opened.action()});
    JobOutcome outcome;
    std::thread running([&] { outcome = RunJob(stack, job); });
    opened.AwaitArrival();
    std::thread changer([&] { Database(source_url_).Run("/* the change */ " + change); });
    source_->Await(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '/* the change */%' AND "
        "wait_event_type = 'Lock' AND datname = current_database()");
    opened.Release();
    running.join();
    changer.join();
    ExpectSucceeded(outcome);
    EXPECT_EQ(Rows(*destination_, "(SELECT " + columns + " FROM s.t)"), before);
  }
};

TEST_F(MiddleTest, AReplicationKeyOfAnotherTypeFailsTheNextRun) {
  MakeTable();
  Run(Job());
  RunAhead(Job(), "ALTER TABLE t ALTER k TYPE text");
  const std::vector<std::string> before = Rows(*destination_, "s.t");
  EXPECT_EQ(Reason(RunJob(SharedStack(), Job())), "REPLICATION_KEY_CHANGED");
  EXPECT_EQ(Rows(*destination_, "s.t"), before);
}

TEST_F(MiddleTest, ATableThatIsDroppedLeavesTheDestination) {
  v1::Integration of_pattern = Job();
  of_pattern.clear_streams();
  for (const auto& job : {Job(), FullTableJob(), of_pattern}) {
    MakeTable();
    Run(job);
    source_->Run("INSERT INTO t VALUES (6, 6, 'six')");
    RunAhead(job, "DROP TABLE t");
    const JobOutcome next = RunJob(SharedStack(), job);
    if (job.streams_size() > 0) {
      EXPECT_EQ(Reason(next), "STREAM_NOT_FOUND");
    }
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 6);
    destination_->Run("DROP SCHEMA s CASCADE");
  }
}

// At the source it has as many as it can; system columns are more.
TEST_F(MiddleTest, MoreColumnsThanATableCanHaveFailTheNextRun) {
  for (auto job : {Job(), FullTableJob()}) {
    job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
    source_->Run(
        "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, k int);"
        "INSERT INTO t VALUES (1, 1)");
    Run(job);
    RunAhead(job,
             "DO $$ BEGIN FOR i IN 1..1598 LOOP EXECUTE 'ALTER TABLE t ADD c' || i || ' bool'; END "
             "LOOP; END $$",
             "id, k");
    EXPECT_EQ(Reason(RunJob(SharedStack(), job)), "DESTINATION_COLUMNS_EXCEEDED");
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1);
    destination_->Run("DROP SCHEMA s CASCADE");
  }
}

// The source's user may read the table, or some of its columns.
class RightsTest : public MiddleTest {
 protected:
  RightsTest() : reader_(source_->Text("SELECT 'reader_' || current_database()")) {
    MakeTable(500);
    source_->Run("CREATE ROLE " + reader_ + " LOGIN");
  }
  ~RightsTest() override { source_->Run("DROP OWNED BY " + reader_ + "; DROP ROLE " + reader_); }

  std::string grant() const { return "GRANT SELECT ON t TO " + reader_; }
  std::string grant_in_part() const {
    return "REVOKE SELECT ON t FROM " + reader_ + "; GRANT SELECT (id, k) ON t TO " + reader_;
  }
  v1::Integration OfReader(v1::Integration job) const {
    job.mutable_source()->mutable_postgres()->set_user(reader_);
    Stream(job).set_ranges(3);
    return job;
  }

  const std::string reader_;
};

// A right to ctid is one to the whole table.
TEST_F(RightsTest, ATableOfWhichSomeColumnsAreGrantedIsReadInOneRange) {
  source_->Run(grant_in_part());
  const v1::Integration job = OfReader(FullTableJob());
  Run(job);
  ExpectExact("(SELECT id, k FROM t)");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.ranges"), 1);
  source_->Run(grant());
  EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_ADDED v"));
  EXPECT_GT(destination_->Int("SELECT count(*) FROM _lockstitch.ranges"), 2);
  source_->Run(grant_in_part());
  EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_RETIRED v"));
  EXPECT_EQ(Rows(*source_, "(SELECT id, k FROM t)"),
            Rows(*destination_, "(SELECT id, k FROM s.t WHERE v IS NULL)"));
}

// Rights are tested with each statement: what was loaded stays, and the next run deals with it.
TEST_F(RightsTest, AColumnThatMayNotBeReadAnyMoreFailsTheRunAndIsRetiredByTheNext) {
  for (const bool full : {false, true}) {
    source_->Run(grant());
    const v1::Integration job = OfReader(full ? FullTableJob() : Job());
    Run(job);
    const std::vector<std::string> before = Rows(*destination_, "s.t");
    source_->Run("INSERT INTO t SELECT max(id) + 1, max(k) + 1, 'new' FROM t");
    const JobOutcome failed = RunDuring(job, grant_in_part());
    EXPECT_EQ(Reason(failed), "SOURCE_PERMISSION_DENIED");
    EXPECT_THAT(Changes(failed), IsEmpty());
    EXPECT_EQ(Rows(*destination_, "s.t"), before);
    EXPECT_THAT(Changes(Run(job)), ElementsAre("COLUMN_RETIRED v"));
    EXPECT_EQ(Rows(*source_, "(SELECT id, k FROM t)"),
              Rows(*destination_, "(SELECT id, k FROM s.t)"));
    destination_->Run("DROP SCHEMA s CASCADE");
  }
}

}  // namespace
}  // namespace lockstitch::tests

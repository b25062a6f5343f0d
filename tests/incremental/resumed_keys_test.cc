// First loads that a later run goes on with, of sources in which several rows have one key.

#include <string>
#include <thread>

#include "testing/rendezvous.h"
#include "tests/incremental/first_load.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using testing::Rendezvous;

// A materialized view of rows with versions, which shows what has changed once it is refreshed.
class ResumedViewTest : public FirstLoadTest {
 protected:
  ResumedViewTest() {
    source_->Run(
        "CREATE TABLE versions (id int, k timestamptz, v int);"
        "INSERT INTO versions SELECT n, timestamptz '2020-01-01 00:00+00' + n * interval '1 min', "
        "1 FROM generate_series(1, 1000) n;"
        "CREATE MATERIALIZED VIEW t AS SELECT * FROM versions; CREATE INDEX ON t (k); ANALYZE t;"
        "INSERT INTO versions SELECT n, NULL, 1 FROM generate_series(1001, 1005) n");
    Refresh();
  }

  void Refresh() { source_->Run("REFRESH MATERIALIZED VIEW t"); }
  void Change(const std::string& sql) {
    source_->Run(sql);
    Refresh();
  }
  v1::Integration Job() {
    v1::Integration job = FirstLoadTest::Job();
    Stream(job).add_key_columns("id");
    return job;
  }
  // With all ranges durable that the first run planned.
  void RunAlmost() {
    RunKilled(Job(), "extractor.finishing");
    EXPECT_EQ(DurableRanges(), 5);
  }
  void Resume() { EXPECT_THAT(Run(Job()).log, Says("goes on with the first load")); }

  static constexpr char kNewest[] =
      "(SELECT DISTINCT ON (id) * FROM t ORDER BY id, k DESC NULLS LAST)";
};

TEST_F(ResumedViewTest, ARowThatGotAReplicationKeySinceIsTheNewestVersion) {
  RunAlmost();
  Change("UPDATE versions SET k = now(), v = 2 WHERE id IN (1001, 1003)");
  Resume();
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t WHERE v = 2 AND k IS NOT NULL"), 2);
  ExpectExact();
}

TEST_F(ResumedViewTest, ARowThatGotOneAndLostItAgainIsTheNewestVersion) {
  RunAlmost();
  Change("UPDATE versions SET k = now(), v = 2 WHERE id = 1001");
  RunKilled(Job(), "extractor.finishing");
  Change("UPDATE versions SET k = NULL, v = 3 WHERE id = 1001");
  Resume();
  EXPECT_EQ(destination_->Int("SELECT v FROM s.t WHERE id = 1001"), 3);
  ExpectExact();
}

// Nothing changes between the runs.
TEST_F(ResumedViewTest, ARowWithoutAReplicationKeyNeverReplacesOneWithIt) {
  Change("INSERT INTO versions VALUES (1, NULL, 2), (400, NULL, 2), (1000, NULL, 2)");
  RunAlmost();
  Resume();
  ExpectExact(kNewest);
}

// Nothing changes between the runs; the range of the least keys is read by the second one.
TEST_F(ResumedViewTest, AGreaterReplicationKeyOfTheEarlierRunStays) {
  Change("UPDATE versions SET id = id % 50 WHERE k IS NOT NULL");
  v1::Integration job = Job();
  job.mutable_source()->mutable_postgres()->clear_max_connections();
  {
    Rendezvous first;
    Stack stack({.extractor = "extractor.range.opened=" + first.action()});
    std::thread running([&] { RunJob(stack, job); });
    first.AwaitArrival();
    destination_->Await("SELECT count(*) = 4 FROM _lockstitch.chunks");
    stack.scheduler.process().Kill();
    stack.extractor.process().Kill();
    running.join();
  }
  EXPECT_EQ(destination_->Text("SELECT string_agg(range::text, ' ') FROM _lockstitch.ranges WHERE "
                               "NOT complete"),
            "0");
  Resume();
  ExpectExact(kNewest);
}

TEST_F(ResumedViewTest, DuplicatesOfTheFinishingRunLeaveTheGreatestReplicationKey) {
  Change("UPDATE versions SET id = 600 + id % 50 WHERE id > 500 AND k IS NOT NULL");
  RunKilled(Job());
  EXPECT_EQ(DurableRanges(), 1);
  Resume();
  ExpectExact(kNewest);
}

// The key of a table isn't one of what inherits from it. A duplicate that one snapshot holds is no
// newer version.
TEST_F(FirstLoadTest, DuplicatesOfThePrimaryKeyFailAResumedLoadToo) {
  MakeTable(/*keyed=*/true);
  source_->Run(
      "CREATE TABLE heir () INHERITS (t); CREATE INDEX ON heir (k);"
      "INSERT INTO heir VALUES (600, '2020-01-01 16:00+00', 9); ANALYZE t");
  RunKilled(Job());
  EXPECT_EQ(DurableRanges(), 1);
  const v1::StreamRun run = RunJob(SharedStack(), Job()).stream("public.t");
  EXPECT_EQ(run.error().reason(), "KEY_NOT_UNIQUE");
  EXPECT_THAT(run.error().message(), HasSubstr("(id)=(600)"));
  EXPECT_EQ(LoadTables(), 0);
  source_->Run("DELETE FROM heir");
  Run(Job());
  ExpectExact();
}

}  // namespace
}  // namespace lockstitch::tests

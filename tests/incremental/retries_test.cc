// Troubles at the destination that pass: the job waits, or tries again, and succeeds.

#include <string>
#include <thread>

#include "testing/rendezvous.h"
#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {
namespace {

using testing::Rendezvous;

// After a first load of rows 1 and 2, both of which have changed since.
class RetriesTest : public StreamTest {
 protected:
  void MakeChanges() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, v text); CREATE INDEX ON t (k);"
        "INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'b')");
    Run(Job());
    source_->Run("UPDATE t SET k = 2, v = v || v");
  }

  static constexpr char kALoaderWaits[] =
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND "
      "wait_event_type = 'Lock' AND application_name LIKE 'lockstitch loader%'";
};

TEST_F(RetriesTest, AUsersLockOnARowHoldsItsChunkUp) {
  MakeChanges();
  testing::Database user(destination_url_);
  user.Run("BEGIN; SELECT FROM s.t WHERE id = 2 FOR UPDATE");
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(SharedStack(), Job()); });
  destination_->Await(kALoaderWaits);
  user.Run("COMMIT");
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
  ExpectExact();
}

// The user's session never looks for a deadlock: the loader's is the one that ends. Its range is
// opened again.
TEST_F(RetriesTest, ADeadlockWithAUserIsTriedAgain) {
  MakeChanges();
  testing::Database user(destination_url_);
  user.Run("SET deadlock_timeout = '1h'; BEGIN; SELECT FROM s.t WHERE id = 2 FOR UPDATE");
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(SharedStack(), Job()); });
  destination_->Await(kALoaderWaits);
  user.Run("SELECT FROM s.t WHERE id = 1 FOR UPDATE; COMMIT");
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Int("SELECT attempt FROM _lockstitch.ranges ORDER BY load_id DESC LIMIT "
                              "1"),
            2);
  EXPECT_THAT(outcome.log, Says("range 0 is opened again, with 0 rows durable: "
                                "DESTINATION_CONFLICT: "));
  ExpectExact();
}

// The first run's commit holds the stream's row and waits for the user's lock; the draw of the
// second waits for 15 seconds, then ends it.
TEST_F(RetriesTest, ADrawEndsACommitThatIsHeldUpForLong) {
  MakeChanges();
  testing::Database user(destination_url_);
  user.Run("BEGIN; SELECT FROM s.t WHERE id = 2 FOR UPDATE");
  Stack stack;
  JobOutcome earlier, later;
  std::thread first([&] { earlier = RunJob(stack, Job()); });
  destination_->Await(kALoaderWaits);
  const int64_t fence = destination_->Int("SELECT fence FROM _lockstitch.streams");
  std::thread second([&] { later = RunJob(SharedStack(), Job()); });
  destination_->Await("SELECT fence > " + std::to_string(fence) + " FROM _lockstitch.streams");
  EXPECT_EQ(destination_->Text("SELECT v FROM s.t WHERE id = 1"), "a");
  // By now the first run's session is gone; the second one's commit would wait as long.
  user.Run("COMMIT");
  first.join();
  second.join();
  const v1::StreamRun run = earlier.stream("public.t");
  EXPECT_EQ(run.error().reason(), "SUPERSEDED");
  EXPECT_EQ(run.attempts(), 1u);
  ExpectSucceeded(later);
  EXPECT_EQ(later.stream("public.t").attempts(), 1u);
  ExpectExact();
}

// The run's own earlier extraction: its extractor has died, and its commit goes on for as long as a
// trigger of the user's takes.
TEST_F(RetriesTest, ADrawEndsACommitOfAnEarlierOneOfItsRun) {
  MakeChanges();
  destination_->Run(
      "CREATE TABLE gate (); INSERT INTO gate DEFAULT VALUES;"
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF EXISTS (SELECT FROM "
      "public.gate) THEN PERFORM pg_sleep(3600); END IF; RETURN new; END$$;"
      "CREATE TRIGGER slow BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION slow()");
  Stack stack;
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job()); });
  destination_->Await(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event "
      "= 'PgSleep'");
  destination_->Run("DELETE FROM gate");
  stack.extractor.process().Kill();
  stack.extractor.Restart();
  running.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                              "current_database() AND wait_event = 'PgSleep'"),
            0);
  ExpectExact();
}

TEST_F(RetriesTest, ADestinationWithoutAConnectionLeftIsAskedAgain) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t VALUES (1, 1)");
  const std::string role = "narrow_" + std::to_string(destination_->backend_pid());
  destination_->Run("CREATE ROLE " + role +
                    " LOGIN; DO $$BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO " + role +
                    "', current_database()); END$$");
  v1::Integration job = Job();
  job.mutable_destination()->mutable_postgres()->set_url(destination_url_ + "&user=" + role);
  Rendezvous reading;
  Stack stack({.extractor = "extractor.snapshot.taken=" + reading.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, job); });
  reading.AwaitArrival();
  destination_->Run("ALTER ROLE " + role + " CONNECTION LIMIT 0");
  destination_->Run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                    role + "'");
  reading.Release();
  EXPECT_NE(stack.loader.process().WaitForLine("TOO_MANY_CONNECTIONS"), "");
  destination_->Run("ALTER ROLE " + role + " CONNECTION LIMIT -1");
  running.join();
  ExpectSucceeded(outcome);
  ExpectExact();
}

}  // namespace
}  // namespace lockstitch::tests

// Troubles at the destination that pass: the job waits, or tries again, and succeeds.

#include <memory>
#include <string>
#include <thread>
#include <vector>

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

// As a trigger of the user's may meet one: the loader itself reads what is committed.
TEST_F(RetriesTest, ASerializationFailureIsTriedAgain) {
  MakeChanges();
  destination_->Run(
      "CREATE SEQUENCE failures;"
      "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF "
      "nextval('public.failures') = 1 THEN RAISE EXCEPTION 'not serializable' USING ERRCODE = "
      "'40001'; END IF; RETURN new; END$$;"
      "CREATE TRIGGER fail BEFORE UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION fail()");
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(outcome.log, Says("range 0 is opened again, with 0 rows durable: "
                                "DESTINATION_CONFLICT: "));
  EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
  ExpectExact();
}

// The extractor holds the parent and waits for a partition, the user the other way round.
TEST_F(RetriesTest, ADeadlockAtTheSourceIsTriedAgain) {
  source_->Run(
      "CREATE TABLE t (id int, k int) PARTITION BY RANGE (id);"
      "CREATE TABLE part PARTITION OF t FOR VALUES FROM (0) TO (10); INSERT INTO t VALUES (1, 1);"
      "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''5s''', "
      "current_database()); END$$");
  testing::Database user(source_url_);
  user.Run("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE part");
  Stack stack;
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job()); });
  source_->Await(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND "
      "wait_event_type = 'Lock' AND application_name LIKE 'lockstitch extractor%'");
  user.Run("LOCK TABLE ONLY t; COMMIT");
  running.join();
  ExpectSucceeded(outcome);
  EXPECT_THAT(outcome.log, Says("trying again: SOURCE_CONFLICT at attempt 1 of 5"));
  ExpectExact();
}

TEST_F(RetriesTest, ASourceWithoutAConnectionLeftIsAskedAgain) {
  const testing::PostgresCluster full(
      {.settings = {"max_connections = 8", "superuser_reserved_connections = 0"}});
  const std::string url = full.Url("postgres");
  testing::Database first(url);
  first.Run("CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t VALUES (1, 1)");
  v1::Integration job = Job();
  job.mutable_source()->mutable_postgres()->set_url(url);
  Rendezvous drawn;
  Stack stack({.scheduler = "scheduler.fence.drawn=" + drawn.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, job); });
  drawn.AwaitArrival();
  std::vector<std::unique_ptr<testing::Database>> others;
  while (first.Text("SELECT count(*) < 8 FROM pg_stat_activity WHERE backend_type = 'client "
                    "backend'") == "t")
    others.push_back(std::make_unique<testing::Database>(url));
  drawn.Release();
  EXPECT_NE(stack.extractor.process().WaitForLine("TOO_MANY_CONNECTIONS"), "");
  others.clear();
  running.join();
  ExpectSucceeded(outcome);
  EXPECT_THAT(outcome.log, Says("trying again: TOO_MANY_CONNECTIONS at attempt 1 of 5"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1);
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

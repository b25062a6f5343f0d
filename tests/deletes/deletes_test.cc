// Rows that were deleted at the source of an incremental stream: what becomes of them, by which
// keys they are told, and when they are looked for.

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "testing/postgres_cluster.h"
#include "testing/rendezvous.h"
#include "tests/deletes/deletes_stream.h"
#include "tests/types/version_pairs.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DeletesTest : public DeletesStreamTest {};

TEST_F(DeletesTest, AreMarkedOnceWithTheRestOfTheRowAsItWas) {
  MakeTable(100);
  Run(JobThat(kMark));
  EXPECT_THAT(Marked(), IsEmpty());
  const std::vector<std::string> before =
      destination_->List("SELECT (id, k, v)::text FROM s.t ORDER BY id");
  source_->Run("DELETE FROM t WHERE id IN (3, 50, 100)");
  const JobOutcome outcome = Run(JobThat(kMark));
  EXPECT_THAT(Marked(), ElementsAre("100", "3", "50"));
  EXPECT_EQ(RowsDeleted(outcome), 3);
  EXPECT_THAT(outcome.log, Says("compared 97 keys of the source: 3 rows were deleted there, and "
                                "are marked in _sdc_deleted_at now"));
  ExpectExactBut(kMark);
  EXPECT_EQ(destination_->List("SELECT (id, k, v)::text FROM s.t ORDER BY id"), before);
  EXPECT_EQ(destination_->Text("SELECT bool_and(_sdc_deleted_at BETWEEN now() - interval '1 hour' "
                               "AND now())::text FROM s.t WHERE _sdc_deleted_at IS NOT NULL"),
            "true");
  // The next comparison leaves them alone.
  const std::string written = "SELECT string_agg(ctid::text || _sdc_deleted_at, ' ') FROM s.t";
  const std::string marked = destination_->Text(written);
  EXPECT_EQ(RowsDeleted(Run(JobThat(kMark))), 0);
  EXPECT_EQ(destination_->Text(written), marked);
}

TEST_F(DeletesTest, AreDeleted) {
  MakeTable(100);
  Run(JobThat(kDelete));
  source_->Run("DELETE FROM t WHERE id IN (3, 50, 100)");
  const JobOutcome outcome = Run(JobThat(kDelete));
  ExpectExact();
  EXPECT_EQ(RowsDeleted(outcome), 3);
  EXPECT_THAT(outcome.log, Says("3 rows were deleted there, and are deleted here now"));
  source_->Run("TRUNCATE t");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kDelete))), 97);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 0);
}

TEST_F(DeletesTest, KeysAreNoRows) {
  MakeTable(100);
  Run(JobThat(kDelete));
  source_->Run("DELETE FROM t WHERE id = 3");
  const v1::StreamRun run = Run(JobThat(kDelete)).stream("public.t");
  EXPECT_EQ(run.progress().rows_extracted(), 1);  // The row at the bookmark.
  EXPECT_EQ(run.progress().rows_loaded(), 1);
  EXPECT_EQ(destination_->Int("SELECT rows FROM _lockstitch.chunks JOIN _lockstitch.ranges USING "
                              "(stream_id, load_id, range) WHERE keys"),
            99);
}

TEST_F(DeletesTest, AreLookedForOnceTheTimeHasPassed) {
  MakeTable(10);
  const v1::Integration job = JobThat(kMark, 3600);
  const auto age = [&](const std::string& minutes) {
    destination_->Run("UPDATE _lockstitch.streams SET deletes_found_at = now() - interval '" +
                      minutes + " minutes'");
  };
  Run(job);
  EXPECT_EQ(Comparisons(), 0);  // All was read.
  Run(job);
  EXPECT_EQ(Comparisons(), 1);  // Never before: at once.
  source_->Run("DELETE FROM t WHERE id = 4");
  EXPECT_EQ(RowsDeleted(Run(job)), 0);
  age("59");
  Run(job);
  EXPECT_EQ(Comparisons(), 1);
  EXPECT_THAT(Marked(), IsEmpty());
  age("61");
  EXPECT_EQ(RowsDeleted(Run(job)), 1);
  EXPECT_EQ(Comparisons(), 2);
  EXPECT_THAT(Marked(), ElementsAre("4"));
  // It counts from the beginning of the load that compared.
  EXPECT_EQ(destination_->Text("SELECT (deletes_found_at = (SELECT max(begun_at) FROM "
                               "_lockstitch.loads))::text FROM _lockstitch.streams"),
            "true");
  // The longest that there is.
  Run(JobThat(kMark, 315'576'000'000));
  EXPECT_EQ(Comparisons(), 2);
  Run(JobThat(kMark, 0));
  EXPECT_EQ(Comparisons(), 3);
}

TEST_F(DeletesTest, AFirstLoadHasTheNextRunCompare) {
  MakeTable(10);
  const v1::Integration job = JobThat(kMark, 3600);
  Run(job);
  Run(job);
  ExpectSucceeded(RunJob(SharedStack(), job, /*reset=*/true));
  EXPECT_EQ(Comparisons(), 1);
  source_->Run("DELETE FROM t WHERE id = 4");
  EXPECT_EQ(RowsDeleted(Run(job)), 1);
}

TEST_F(DeletesTest, WithoutTheSettingNothingIsCompared) {
  MakeTable(10);
  Run(Job());
  source_->Run("DELETE FROM t WHERE id = 4");
  Run(Job());
  EXPECT_EQ(Comparisons(), 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 10);
}

TEST_F(DeletesTest, MarkingBeginsInATableThatIsThere) {
  MakeTable(10);
  Run(Job());
  const std::string oid = destination_->Text("SELECT 's.t'::regclass::oid");
  source_->Run("DELETE FROM t WHERE id = 4");
  const JobOutcome outcome = Run(JobThat(kMark));
  EXPECT_EQ(destination_->Text("SELECT 's.t'::regclass::oid"), oid);
  EXPECT_THAT(Marked(), ElementsAre("4"));
  ASSERT_EQ(outcome.stream("public.t").changes_size(), 1);
  const v1::SchemaChange change = outcome.stream("public.t").changes(0);
  EXPECT_EQ(change.kind(), v1::CHANGE_KIND_SYSTEM_COLUMNS);
  EXPECT_EQ(change.destination_column(), "_sdc_deleted_at");
  EXPECT_EQ(Run(JobThat(kMark)).stream("public.t").changes_size(), 0);
  // The column stays when nothing is looked for any more, and marks are taken back all the same.
  source_->Run("INSERT INTO t VALUES (4, 20, 'again')");
  Run(Job());
  EXPECT_THAT(Marked(), IsEmpty());
  // A reset leaves it out.
  ExpectSucceeded(RunJob(SharedStack(), Job(), /*reset=*/true));
  ExpectExact();
}

TEST_F(DeletesTest, AFirstLoadMakesTheColumn) {
  MakeTable(10);
  v1::Integration job = JobThat(kMark);
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  Run(job);
  EXPECT_EQ(Unmarked(), 10);
  EXPECT_EQ(destination_->Text("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
                               "attrelid = 's.t'::regclass AND attname = '_sdc_deleted_at'"),
            "timestamp with time zone");
  source_->Run("DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (11, 11, 'v')");
  Run(job);
  EXPECT_THAT(Marked(), ElementsAre("4"));
  EXPECT_EQ(destination_->Int("SELECT count(_sdc_batched_at) FROM s.t"), 11);
}

TEST_F(DeletesTest, TheColumnsNameIsTaken) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, k int, _sdc_deleted_at text)");
  EXPECT_EQ(RunJob(SharedStack(), JobThat(kMark)).stream("public.t").error().reason(),
            "DESTINATION_NAME_RESERVED");
  Run(JobThat(kDelete));
  ExpectExact();
}

TEST_F(DeletesTest, RowsThatAnEarlierFilterLetInAreNotTakenForDeletedOnes) {
  MakeTable(10);
  v1::Integration job = JobThat(kDelete);
  Run(job);
  const v1::DeleteDetection deletes = Stream(job).deletes();
  const auto expect_refused = [&] {
    const v1::StreamRun run = RunJob(SharedStack(), job).stream("public.t");
    EXPECT_EQ(run.error().reason(), "SELECTION_INVALID");
    EXPECT_THAT(run.error().remedy(), HasSubstr("Take out deletes"));
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 10);
  };
  Stream(job).set_filter("id > 5");
  Stream(job).set_backfill(v1::BACKFILL_NONE);
  expect_refused();
  // Once they stay, they do until a reset.
  Stream(job).clear_deletes();
  Run(job);
  *Stream(job).mutable_deletes() = deletes;
  expect_refused();
  Stream(job).clear_backfill();
  expect_refused();
  ExpectSucceeded(RunJob(SharedStack(), job, /*reset=*/true));
  Run(job);
  ExpectExact("(SELECT * FROM t WHERE id > 5)");
}

TEST_F(DeletesTest, WithoutAKeyAtTheDestinationTheLogSaysThatNothingIsLookedFor) {
  source_->Run(
      "CREATE TYPE pair AS (a int, b int); CREATE TABLE t (id pair PRIMARY KEY, k int);"
      "INSERT INTO t VALUES ((1, 1), 1)");
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(Run(JobThat(kDelete)).log, Says("does not look for deleted rows: the destination"));
  EXPECT_EQ(Comparisons(), 0);
}

TEST_F(DeletesTest, MarkedRowsAreDeletedOnceThatIsWanted) {
  MakeTable(10);
  Run(JobThat(kMark));
  source_->Run("DELETE FROM t WHERE id IN (4, 5); INSERT INTO t VALUES (20, 20, 'v')");
  Run(JobThat(kMark));
  source_->Run("DELETE FROM t WHERE id = 6; INSERT INTO t VALUES (5, 5, 'v5')");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kDelete))), 2);
  EXPECT_THAT(Marked(), IsEmpty());
  ExpectExactBut(kMark);
}

// Rows that come back.

TEST_F(DeletesTest, AComparisonTakesTheMarkBack) {
  MakeTable(10);
  Run(JobThat(kMark));
  source_->Run("DELETE FROM t WHERE id = 4");
  Run(JobThat(kMark));
  EXPECT_THAT(Marked(), ElementsAre("4"));
  // With a replication key that no run reads any more.
  source_->Run("INSERT INTO t VALUES (4, 4, 'v4')");
  Run(JobThat(kMark));
  EXPECT_THAT(Marked(), IsEmpty());
  ExpectExactBut(kMark);
}

TEST_F(DeletesTest, AnUpsertOfTheSameImageTakesTheMarkBack) {
  MakeTable(10);
  source_->Run("INSERT INTO t VALUES (11, 10, 'v11')");  // Two rows at the bookmark.
  Run(JobThat(kMark));
  source_->Run("DELETE FROM t WHERE id = 10");
  Run(JobThat(kMark, 3600));
  EXPECT_THAT(Marked(), ElementsAre("10"));
  source_->Run("INSERT INTO t VALUES (10, 10, 'v10')");
  Run(JobThat(kMark, 3600));
  EXPECT_EQ(Comparisons(), 1);
  EXPECT_THAT(Marked(), IsEmpty());
  ExpectExactBut(kMark);
}

TEST_F(DeletesTest, RowsThatTheReplicationKeyNeverShowedAreCounted) {
  MakeTable(10);
  Run(JobThat(kDelete));
  source_->Run("INSERT INTO t VALUES (20, 2, 'below'), (21, NULL, 'none')");
  const JobOutcome outcome = Run(JobThat(kDelete));
  EXPECT_THAT(outcome.log, Says("2 keys of the source are not in s.t"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 10);
  source_->Run("DELETE FROM t WHERE id >= 20");
  EXPECT_THAT(Run(JobThat(kDelete)).log, Not(Says("keys of the source are not in")));
}

// Which keys are one.

TEST_F(DeletesTest, CompositeKeysAreComparedColumnByColumn) {
  source_->Run(
      "CREATE TABLE t (a int, b date, id text, k int, PRIMARY KEY (id, b, a));"
      "INSERT INTO t SELECT n % 3, date '2020-01-01' + n % 5, 'x' || n % 7, n FROM "
      "generate_series(0, 104) n");
  Run(JobThat(kDelete));
  source_->Run("DELETE FROM t WHERE k IN (0, 15, 16, 34) OR a = 2 AND id = 'x6'");
  Run(JobThat(kDelete));
  EXPECT_LT(source_->Int("SELECT count(*) FROM t"), 101);
  ExpectExact();
}

TEST_F(DeletesTest, TextKeysOfOtherCollationsAreComparedAsTheDestinationsKeyDoes) {
  source_->Run(
      "CREATE TABLE t (id text COLLATE \"und-x-icu\" PRIMARY KEY, k int);"
      "INSERT INTO t VALUES ('a', 1), ('A', 2), (E'\\u00e9', 3), (E'e\\u0301', 4), ('', 5), "
      "(' ', 6), ('z', 7), ('Z', 8), ('10', 9), ('9', 10)");
  Run(JobThat(kMark));
  destination_->Run("ALTER TABLE s.t ALTER COLUMN id TYPE text COLLATE \"de-x-icu\"");
  source_->Run("DELETE FROM t WHERE k IN (2, 4, 6, 7)");
  Run(JobThat(kMark));
  EXPECT_THAT(Marked("k"), ElementsAre("2", "4", "6", "7"));
}

TEST_F(DeletesTest, NumbersThatAreEqualAreOneKey) {
  source_->Run(
      "CREATE TABLE t (id numeric PRIMARY KEY, k int);"
      "INSERT INTO t VALUES (1.0, 1), (2.50, 2), ('NaN', 3), (0, 4), (1e20, 5)");
  Run(JobThat(kMark));
  source_->Run("UPDATE t SET id = 1.00 WHERE k = 1; DELETE FROM t WHERE k IN (2, 4)");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kMark))), 2);
  EXPECT_THAT(Marked("k"), ElementsAre("2", "4"));
}

TEST_F(DeletesTest, OtherKeysAreComparedByTheirOwnOperators) {
  for (testing::Database* database : {source_.get(), destination_.get()})
    database->Run("CREATE EXTENSION citext SCHEMA public");
  for (const auto& [type, id] : std::vector<std::pair<std::string, std::string>>{
           {"uuid", "md5(n::text)::uuid"},
           {"citext", "('Key' || n)::citext"},
           {"bigint", "n * 5000000000"},
           {"varchar(9)", "'v' || n"},
           {"char(9)", "'c' || n"},
           {"timestamptz", "timestamptz '2020-01-01 UTC' + n * interval '1 microsecond'"},
           {"bytea", "decode(lpad(to_hex(n), 4, '0'), 'hex')"},
           {"int[]", "ARRAY[n, NULL]"},
           {"float8", "n / 3.0"},
           {"int4range", "int4range(n, n + 5)"},
           {"\"weekday\"", "(ARRAY['mo', 'tu', 'we', 'th', 'fr'])[n]::weekday"}}) {
    SCOPED_TRACE(type);
    source_->Run(
        "DROP TABLE IF EXISTS t; DROP TYPE IF EXISTS weekday;"
        "CREATE TYPE weekday AS ENUM ('mo', 'tu', 'we', 'th', 'fr');"
        "CREATE TABLE t (id " +
        type +
        " PRIMARY KEY, k int);"
        "INSERT INTO t SELECT " +
        id + ", n FROM generate_series(1, 5) n");
    ExpectSucceeded(RunJob(SharedStack(), JobThat(kMark), /*reset=*/true));
    source_->Run("DELETE FROM t WHERE k IN (2, 3)");
    if (type == "citext") source_->Run("UPDATE t SET id = 'KEY1' WHERE k = 1");
    EXPECT_EQ(RowsDeleted(Run(JobThat(kMark))), 2);
    EXPECT_THAT(Marked("k"), ElementsAre("2", "3"));
  }
}

// Which rows are judged.

TEST_F(DeletesTest, RowsThatLeaveTheFilterAreDeleted) {
  MakeTable(10);
  v1::Integration job = JobThat(kDelete);
  Stream(job).set_filter("v <> 'hidden'");
  Run(job);
  source_->Run("UPDATE t SET v = 'hidden' WHERE id IN (2, 10); DELETE FROM t WHERE id = 3");
  EXPECT_EQ(RowsDeleted(Run(job)), 3);
  ExpectExact("(SELECT * FROM t WHERE v <> 'hidden')");
}

TEST_F(DeletesTest, OfAViewKeysMayComeTwiceOrBeNull) {
  source_->Run(
      "CREATE TABLE versions (id int, k int, v text);"
      "INSERT INTO versions SELECT n % 10, n, 'v' || n FROM generate_series(0, 29) n;"
      "CREATE VIEW t AS SELECT * FROM versions WHERE v <> 'hidden'");
  v1::Integration job = JobThat(kMark);
  Stream(job).add_key_columns("id");
  Run(job);
  source_->Run(
      "DELETE FROM versions WHERE id = 4; UPDATE versions SET v = 'hidden' WHERE id = 5;"
      "DELETE FROM versions WHERE id = 6 AND k < 20; INSERT INTO versions VALUES (NULL, NULL, '')");
  EXPECT_EQ(RowsDeleted(Run(job)), 2);
  EXPECT_THAT(Marked(), ElementsAre("4", "5"));
  ExpectExactBut(kMark,
                 "(SELECT DISTINCT ON (id) * FROM t WHERE id IS NOT NULL ORDER BY id, k "
                 "DESC)");
}

TEST_F(DeletesTest, RowsWithoutAReplicationKeyAreComparedToo) {
  MakeTable(10);
  source_->Run("INSERT INTO t VALUES (11, NULL, 'a'), (12, NULL, 'b')");
  Run(JobThat(kDelete));
  source_->Run("DELETE FROM t WHERE id = 12");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kDelete))), 1);
  ExpectExact();
}

// As a standby may be that lags behind the primary, whose rows a run has loaded that never
// finished.
TEST_F(DeletesTest, ASourceThatIsBehindIsNotCompared) {
  MakeTable(10);
  Run(JobThat(kDelete));
  Run(JobThat(kDelete));
  source_->Run("DELETE FROM t WHERE id = 3");
  constexpr char kSetPosition[] =
      "UPDATE _lockstitch.loads SET source_position_after = 'FFFFFFF/0' WHERE load_id = ";
  destination_->Run(kSetPosition + std::string("(SELECT max(load_id) FROM _lockstitch.loads)"));
  const JobOutcome outcome = Run(JobThat(kDelete));
  EXPECT_THAT(outcome.log, Says("the source is behind where an earlier run has read it"));
  EXPECT_EQ(RowsDeleted(outcome), 0);
  // What was read before a whole load doesn't count.
  ExpectSucceeded(RunJob(SharedStack(), JobThat(kDelete), /*reset=*/true));
  source_->Run("DELETE FROM t WHERE id = 4");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kDelete))), 1);
}

// A run reads the primary, and never finishes; the next one a standby that has replayed what was
// there before the run's snapshot, but not what it has seen.
TEST_F(DeletesTest, AStandbyThatLacksRowsWhichWereReadIsNotCompared) {
  testing::PostgresCluster standby({.primary = &SourceCluster()});
  const std::string url = standby.Url(source_->Text("SELECT current_database()"));
  MakeTable(10);
  Run(JobThat(kDelete));

  testing::Rendezvous opening;
  Stack stack({.extractor = "extractor.snapshot.opening=" + opening.action() +
                            ";extractor.chunk.acknowledged=kill"});
  std::thread running([&] { RunJob(stack, JobThat(kDelete)); });
  opening.AwaitArrival();
  testing::Database reader(url);
  reader.Await("SELECT pg_last_wal_replay_lsn() >= '" +
               source_->Text("SELECT pg_current_wal_lsn()") + "'::pg_lsn");
  reader.Run("SELECT pg_wal_replay_pause()");
  reader.Await("SELECT pg_is_wal_replay_paused()");
  source_->Run("INSERT INTO t VALUES (11, 11, 'v11')");
  opening.Release();
  stack.extractor.process().Wait();
  stack.scheduler.process().Kill();
  running.join();
  ExpectExact();

  v1::Integration job = JobThat(kDelete);
  job.mutable_source()->mutable_postgres()->set_url(url);
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(outcome.log, Says("the source is behind where an earlier run has read it"));
  ExpectExact();
  reader.Run("SELECT pg_wal_replay_resume()");
  source_->Run("DELETE FROM t WHERE id = 3");
  reader.Await("SELECT pg_last_wal_replay_lsn() >= '" +
               source_->Text("SELECT pg_current_wal_lsn()") + "'::pg_lsn");
  EXPECT_EQ(RowsDeleted(Run(job)), 1);
  ExpectExact();

  // How far one of them has read isn't known.
  destination_->Run(
      "UPDATE _lockstitch.loads SET source_position = NULL, source_position_after = NULL WHERE "
      "load_id = (SELECT max(load_id) FROM _lockstitch.loads)");
  EXPECT_THAT(Run(job).log,
              Says("how far it is behind what earlier runs have read can't be known"));
  EXPECT_THAT(Run(JobThat(kDelete)).log, Not(Says("does not look for deleted rows")));
}

// What users have put on the destination.

TEST_F(DeletesTest, ARowThatUsersReferToKeepsTheRunFromDeleting) {
  MakeTable(10);
  Run(JobThat(kDelete));
  destination_->Run("CREATE TABLE notes (of int REFERENCES s.t); INSERT INTO notes VALUES (3)");
  source_->Run("DELETE FROM t WHERE id IN (3, 4); INSERT INTO t VALUES (11, 11, 'new')");
  const v1::StreamRun run = RunJob(SharedStack(), JobThat(kDelete)).stream("public.t");
  EXPECT_EQ(run.error().reason(), "DESTINATION_CONSTRAINT_VIOLATED");
  EXPECT_THAT(run.error().message(), HasSubstr("notes"));
  // The new row is durable, the others stay.
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 11);
  EXPECT_EQ(destination_->Int("SELECT sum(deleted) FROM _lockstitch.chunks"), 0);
  destination_->Run("DELETE FROM notes");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kDelete))), 2);
  ExpectExact();
}

TEST_F(DeletesTest, MarksAndUsersColumnsAndViewsGetOn) {
  MakeTable(10);
  Run(JobThat(kMark));
  destination_->Run(
      "ALTER TABLE s.t ADD seen text DEFAULT 'yes'; CREATE VIEW living AS SELECT id FROM s.t WHERE "
      "_sdc_deleted_at IS NULL; CREATE TABLE notes (of int REFERENCES s.t);"
      "INSERT INTO notes VALUES (3)");
  source_->Run("DELETE FROM t WHERE id = 3");
  Run(JobThat(kMark));
  EXPECT_EQ(destination_->Text("SELECT seen FROM s.t WHERE id = 3"), "yes");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM living"), 9);
}

// The table stays for the view, and a row that the whole read shows is no deleted one.
TEST_F(DeletesTest, AMergeTakesMarksBack) {
  MakeTable(10);
  Run(JobThat(kMark));
  source_->Run("DELETE FROM t WHERE id IN (3, 4)");
  Run(JobThat(kMark));
  destination_->Run("CREATE VIEW everything AS SELECT * FROM s.t");
  source_->Run("INSERT INTO t VALUES (4, 4, 'v4')");
  ExpectSucceeded(RunJob(SharedStack(), JobThat(kMark), /*reset=*/true));
  EXPECT_THAT(Marked(), IsEmpty());
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM everything"), 9);
  ExpectExactBut(kMark);
}

// Comparing with the source.

TEST_F(DeletesTest, MarkedRowsAreNoDifference) {
  for (const v1::DeleteAction action : {kMark, kDelete}) {
    source_->Run("DROP TABLE IF EXISTS t");
    MakeTable(100);
    const v1::Integration job = JobThat(action);
    ExpectSucceeded(RunJob(SharedStack(), job, /*reset=*/true));
    source_->Run("DELETE FROM t WHERE id IN (3, 50, 100); INSERT INTO t VALUES (101, 101, 'v')");
    const JobOutcome verified = RunVerifiedJob(SharedStack(), job);
    ExpectSucceeded(verified);
    const v1::StreamVerification sums = verified.stream("public.t").verification();
    EXPECT_EQ(sums.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
    EXPECT_EQ(sums.destination_rows(), 98);
    EXPECT_EQ(sums.source_rows(), 98);
    const v1::StreamVerification later = Verify(SharedStack(), job).stream("public.t");
    EXPECT_EQ(later.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
    EXPECT_EQ(later.deleted_at_source(), 0);
    // A mark on a row that is there is one.
    if (action == kDelete) continue;
    destination_->Run("UPDATE s.t SET _sdc_deleted_at = now() WHERE id = 7");
    EXPECT_THAT(Verify(SharedStack(), job).Differences("public.t"), ElementsAre("missing id=7"));
  }
}

TEST_F(DeletesTest, ARunThatComparesNothingSaysSo) {
  MakeTable(10);
  const auto reason = [&](const v1::Integration& job) {
    return RunJob(SharedStack(), job).stream("public.t").error().reason();
  };
  v1::Integration full = JobThat(kMark);
  Stream(full).set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  Stream(full).clear_replication_key();
  EXPECT_EQ(reason(full), "SELECTION_INVALID");
  EXPECT_EQ(reason(JobThat(kMark, -1)), "SELECTION_INVALID");
  source_->Run("ALTER TABLE t DROP CONSTRAINT t_pkey");
  EXPECT_EQ(reason(JobThat(kMark)), "SELECTION_INVALID");
}

// The oldest and the newest server as either end.
class DeletesOfVersionsTest : public DeletesStreamTest,
                              public ::testing::WithParamInterface<VersionPair> {
 protected:
  DeletesOfVersionsTest() { UseVersions(GetParam()); }
};

TEST_P(DeletesOfVersionsTest, OfATableAreFound) {
  MakeTable(100);
  Run(JobThat(kMark));
  source_->Run("DELETE FROM t WHERE id IN (3, 50, 100)");
  EXPECT_EQ(RowsDeleted(Run(JobThat(kMark))), 3);
  EXPECT_EQ(RowsDeleted(Run(JobThat(kDelete))), 3);
  ExpectExactBut(kMark);
}

TEST_P(DeletesOfVersionsTest, OfAViewAreLookedForWhereItCanBeLocked) {
  source_->Run(
      "CREATE TABLE u (id int, k int, v text); CREATE VIEW t AS SELECT * FROM u;"
      "INSERT INTO u SELECT n, n, 'v' FROM generate_series(1, 10) n");
  v1::Integration job = JobThat(kDelete);
  Stream(job).add_key_columns("id");
  Run(job);
  source_->Run("DELETE FROM u WHERE id = 3");
  const JobOutcome outcome = Run(job);
  if (GetParam().source > 10) {
    EXPECT_EQ(RowsDeleted(outcome), 1);
    return ExpectExact();
  }
  EXPECT_THAT(outcome.log, Says("can't be locked"));
  EXPECT_THAT(outcome.log, Says("does not look for deleted rows"));
  EXPECT_EQ(RowsDeleted(outcome), 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 10);
}

INSTANTIATE_TEST_SUITE_P(OldestAndNewest, DeletesOfVersionsTest,
                         ::testing::Values(VersionPair{10, 18}, VersionPair{18, 10}),
                         [](const auto& info) { return Name(info.param); });

}  // namespace
}  // namespace lockstitch::tests

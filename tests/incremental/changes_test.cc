// What later runs of an incremental stream do to the destination's rows, and when they begin anew.

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "testing/rendezvous.h"
#include "tests/incremental/stream_test.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::Not;
using testing::Rendezvous;

class ChangesTest : public StreamTest {
 protected:
  // Which transaction wrote each row of the destination.
  std::vector<std::string> Writers(const std::string& condition) {
    return destination_->List("SELECT id || ' ' || xmin FROM s.t WHERE " + condition +
                              " ORDER BY id");
  }
};

TEST_F(ChangesTest, RowsThatAreTheSameToTheLastBitAreNotWritten) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k timestamptz, n numeric, f float8, j json, b jsonb, a "
      "int[], x xml, w text, p point);"
      "INSERT INTO t SELECT n, '2020-01-01', '1.0', '0', '{\"a\":1}', '{\"a\":1}', '{1,2}', "
      "'<a/>', "
      "repeat('wide', 5000), '(1,2)' FROM generate_series(1, 9) n;"
      "INSERT INTO t VALUES (10, '2020-01-01')");
  Run(Job());
  const std::vector<std::string> all = Writers("true"), untouched = Writers("id > 5");
  EXPECT_EQ(RowsRead(Run(Job())), 10);
  EXPECT_EQ(Writers("true"), all);
  source_->Run(
      "UPDATE t SET n = 1.00 WHERE id = 1; UPDATE t SET j = '{\"a\": 1}' WHERE id = 2;"
      "UPDATE t SET f = '-0' WHERE id = 3; UPDATE t SET a = '[0:1]={1,2}' WHERE id = 4;"
      "UPDATE t SET w = NULL WHERE id = 5");
  Run(Job());
  ExpectExact();
  EXPECT_EQ(Writers("id > 5"), untouched);
  for (const std::string& writer : Writers("id <= 5")) EXPECT_THAT(all, Not(Contains(writer)));
}

TEST_F(ChangesTest, SystemColumnsTellWhenARowWasLastWritten) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int, v text); INSERT INTO t VALUES (1, 1, 'a'), (2, "
      "1, 'b')");
  v1::Integration job = Job();
  job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  Run(job);
  const std::string first = destination_->Text("SELECT max(_sdc_sequence)::text FROM s.t");
  source_->Run("UPDATE t SET v = 'c' WHERE id = 2");
  Run(job);
  EXPECT_EQ(destination_->Text("SELECT string_agg((_sdc_sequence > " + first +
                               ")::text, ' ' ORDER BY id) FROM s.t"),
            "false true");
  EXPECT_EQ(
      destination_->Text("SELECT string_agg(DISTINCT _sdc_table_version::text, ' ') FROM s.t"),
      "1");
}

TEST_F(ChangesTest, AViewsRowWithTheGreatestReplicationKeyStays) {
  source_->Run(
      "CREATE TABLE versions (id int, k int, v text); CREATE INDEX ON versions (k);"
      "CREATE VIEW t AS SELECT id, k, v FROM versions;"
      "INSERT INTO versions SELECT n % 40, n, 'v' || n FROM generate_series(1, 100) n;"
      "INSERT INTO versions VALUES (7, NULL, 'no key'), (99, NULL, 'no key')");
  constexpr char kNewest[] =
      "(SELECT DISTINCT ON (id) id, k, v FROM t ORDER BY id, k DESC NULLS LAST)";
  v1::Integration job = Job();
  Stream(job).add_key_columns("id");
  Run(job);
  ExpectExact(kNewest);
  source_->Run("INSERT INTO versions SELECT n % 7, n, 'v' || n FROM generate_series(101, 150) n");
  Run(job);
  EXPECT_GT(destination_->Int("SELECT max(chunk) FROM _lockstitch.chunks"), 2);
  ExpectExact(kNewest);
  Run(job);
  ExpectExact(kNewest);
}

TEST_F(ChangesTest, InAnUnorderedViewTheGreatestReplicationKeyStaysToo) {
  source_->Run(
      "CREATE TABLE versions (id int, k int, v text); CREATE VIEW t AS SELECT * FROM versions;"
      "INSERT INTO versions SELECT n % 40, 101 - n, 'v' || n FROM generate_series(1, 100) n");
  constexpr char kNewest[] = "(SELECT DISTINCT ON (id) id, k, v FROM t ORDER BY id, k DESC)";
  v1::Integration job = Job();
  Stream(job).add_key_columns("id");
  Run(job);
  ExpectExact(kNewest);
  source_->Run(
      "INSERT INTO versions SELECT n % 7, 251 - n, 'v' || n FROM generate_series(101, 150) n");
  Run(job);
  EXPECT_EQ(destination_->Int("SELECT max(chunk) FROM _lockstitch.chunks"), 0);
  ExpectExact(kNewest);
}

// Ranges of one snapshot are committed in any order: here that which is opened first comes last.
TEST_F(ChangesTest, DuplicatesInSeveralRangesLeaveTheGreatestReplicationKey) {
  source_->Run(
      "CREATE MATERIALIZED VIEW t AS SELECT n % 50 AS id, n AS k, 'v' || n AS v FROM "
      "generate_series(1, 1000) n; CREATE INDEX ON t (k); ANALYZE t");
  v1::Integration job = Job();
  Stream(job).add_key_columns("id");
  Stream(job).set_ranges(5);
  Rendezvous first;
  Stack stack({.extractor = "extractor.range.opened=" + first.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, job); });
  first.AwaitArrival();
  destination_->Await("SELECT count(*) = 5 FROM _lockstitch.chunks");
  first.Release();
  running.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.chunks"), 6);
  ExpectExact("(SELECT DISTINCT ON (id) * FROM t ORDER BY id, k DESC)");
}

TEST_F(ChangesTest, APartitionedTableComesInChunksToo) {
  source_->Run(
      "CREATE TABLE t (id int, k int, v text, PRIMARY KEY (id)) PARTITION BY HASH (id);"
      "CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
      "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
      "CREATE INDEX ON t (k); INSERT INTO t SELECT n, n, 'v' FROM generate_series(1, 100) n; "
      "ANALYZE t");
  v1::Integration job = Job();
  Stream(job).set_ranges(3);
  Run(job);
  ExpectExact();
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.ranges"), 4);
  source_->Run("UPDATE t SET k = k + 100 WHERE id % 3 = 0");
  Run(job);
  ExpectExact();
  EXPECT_GT(destination_->Int("SELECT max(chunk) FROM _lockstitch.chunks"), 2);
}

// Names that the statements of extractors and loaders use as well, and text of all sorts.
TEST_F(ChangesTest, NamesAndTextAreTakenAsTheyAre) {
  source_->Run(
      "CREATE TABLE versions (\"old\" int, \"stale\" int, \"rank\" text COLLATE \"C\", "
      "\"Excluded\" "
      "int, fence int, \"finite\" int, \"k\" int, \"a \"\"b\"\"\" json);"
      "CREATE INDEX ON versions (\"rank\"); CREATE VIEW t AS SELECT * FROM versions;"
      "INSERT INTO versions SELECT n % 20, n % 3, '', n, n, n, n, '{}' FROM generate_series(1, 60) "
      "n");
  v1::Integration job = Job();
  Stream(job).set_replication_key("rank");
  Stream(job).add_key_columns("old");
  Stream(job).add_key_columns("stale");
  constexpr char kNewest[] =
      "(SELECT DISTINCT ON (old, stale) * FROM t ORDER BY old, stale, rank DESC)";
  Run(job);
  ExpectExact(kNewest);
  EXPECT_EQ(RowsRead(Run(job)), 60);  // The empty text is a bookmark.
  for (const char* key : {"it''s", "\\x", "$0 $1 %s", "a\nb", "é\"", "\U0001F9F5"}) {
    source_->Run("INSERT INTO versions SELECT n, 0, '" + std::string(key) +
                 "', n, n, n, n, '{}' FROM generate_series(1, 12) n");
    EXPECT_LE(RowsRead(Run(job)), 60 + 24);
    ExpectExact(kNewest);
  }
  EXPECT_EQ(Bookmark(), "\U0001F9F5");
}

TEST_F(ChangesTest, FilterAndColumnsHoldForEveryRun) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, secret text, k int, v int); CREATE INDEX ON t (k);"
      "INSERT INTO t SELECT n, 'secret', n, n % 3 FROM generate_series(1, 90) n");
  constexpr char kChosen[] = "(SELECT id, k, v FROM t WHERE v = 1)";
  v1::Integration job = Job();
  Stream(job).add_include_columns("v");
  Stream(job).set_filter("v = 1");
  EXPECT_EQ(RowsRead(Run(job)), 30);
  ExpectExact(kChosen);
  source_->Run("INSERT INTO t SELECT n, 'secret', n, n % 3 FROM generate_series(91, 150) n");
  // The greatest key of all rows is not theirs.
  EXPECT_EQ(Bookmark(), "88");
  EXPECT_EQ(RowsRead(Run(job)), 21);
  ExpectExact(kChosen);
}

TEST_F(ChangesTest, AResetReadsEverythingAgain) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t SELECT n, n FROM "
      "generate_series(1, 50) n");
  Run(Job());
  source_->Run("DELETE FROM t WHERE id < 10; UPDATE t SET id = 1000 WHERE id = 20");
  Run(Job());
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 50);
  const JobOutcome reset = RunJob(SharedStack(), Job(), /*reset=*/true);
  ExpectSucceeded(reset);
  EXPECT_THAT(reset.log, Says("reads the whole table: the stream was reset"));
  EXPECT_EQ(RowsRead(reset), 41);
  ExpectExact();
  EXPECT_EQ(RowsRead(Run(Job())), 1);
}

// What makes a stream begin anew, and how its log tells.
struct Beginning {
  std::string name;
  std::string note;
  std::function<void(v1::StreamSettings&)> settings;
  std::string at_source;
  std::string at_destination;
  std::string expected = "t";
};

class BeginningTest : public StreamTest, public ::testing::WithParamInterface<Beginning> {};

TEST_P(BeginningTest, IsSaidAndReadsTheWholeTable) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int, other int, v text);"
      "INSERT INTO t SELECT n, n, 100 - n, 'v' || n FROM generate_series(1, 50) n");
  Run(Job());
  EXPECT_EQ(RowsRead(Run(Job())), 1);
  const Beginning& beginning = GetParam();
  v1::Integration job = Job();
  if (beginning.settings) beginning.settings(Stream(job));
  if (!beginning.at_source.empty()) source_->Run(beginning.at_source);
  if (!beginning.at_destination.empty()) destination_->Run(beginning.at_destination);
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(outcome.log, Says("reads the whole table: " + beginning.note));
  ExpectExact(beginning.expected);
  const JobOutcome next = Run(job);
  EXPECT_LE(RowsRead(next), 1);
  EXPECT_THAT(next.log, Not(Says("reads the whole table")));
  ExpectExact(beginning.expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, BeginningTest,
    ::testing::Values(
        Beginning{.name = "AnotherReplicationKey",
                  .note = "the replication key was k and is now other",
                  .settings = [](auto& stream) { stream.set_replication_key("other"); }},
        Beginning{.name = "OtherKeyColumns",
                  .note = "the primary key has changed",
                  .settings = [](auto& stream) { stream.add_key_columns("v"); },
                  .at_source = "ALTER TABLE t DROP CONSTRAINT t_pkey"},
        Beginning{.name = "NoKey",
                  .note = "the primary key has changed",
                  .at_source = "ALTER TABLE t DROP CONSTRAINT t_pkey"},
        Beginning{.name = "AnotherFilter",
                  .note = "the filter has changed",
                  .settings = [](auto& stream) { stream.set_filter("id > 5"); },
                  .expected = "(SELECT * FROM t WHERE id > 5)"},
        Beginning{.name = "AnotherTable",
                  .note = "the table was dropped and made again at the source",
                  .at_source = "ALTER TABLE t RENAME TO old; CREATE TABLE t (LIKE old "
                               "INCLUDING ALL); INSERT INTO t SELECT * FROM old"},
        Beginning{.name = "TheDestinationTableDropped",
                  .note = "the destination table is gone",
                  .at_destination = "DROP TABLE s.t"},
        Beginning{.name = "TheDestinationTableRenamed",
                  .note = "the destination table is gone",
                  .at_destination = "ALTER TABLE s.t RENAME TO mine"},
        Beginning{.name = "TheDestinationSchemaDropped",
                  .note = "the destination table is gone",
                  .at_destination = "DROP SCHEMA s CASCADE"},
        Beginning{.name = "TheDestinationKeyDropped",
                  .note = "the destination table has lost its primary key",
                  .at_destination = "ALTER TABLE s.t DROP CONSTRAINT t_pkey"},
        Beginning{.name = "ADestinationColumnChanged",
                  .note = "the destination table's column v is not as it was made",
                  .at_destination = "ALTER TABLE s.t ALTER v TYPE varchar(100)"}),
    [](const auto& info) { return info.param.name; });

TEST_F(ChangesTest, ToFullTableAndBack) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t SELECT n, n FROM "
      "generate_series(1, 50) n");
  Run(Job());
  v1::Integration full = Job();
  Stream(full).set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  Stream(full).clear_replication_key();
  source_->Run("DELETE FROM t WHERE id = 1");
  EXPECT_EQ(RowsRead(Run(full)), 49);
  ExpectExact();
  EXPECT_EQ(Bookmark(), "");
  const JobOutcome back = Run(Job());
  EXPECT_THAT(back.log, Says("reads the whole table: the replication method has changed"));
  EXPECT_EQ(RowsRead(back), 49);
  EXPECT_EQ(RowsRead(Run(Job())), 1);
  ExpectExact();
}

// Another table by the destination table's name isn't written.
TEST_F(ChangesTest, ATableThatTookTheDestinationsPlaceStays) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, k int); INSERT INTO t VALUES (1, 1)");
  Run(Job());
  destination_->Run("DROP TABLE s.t; CREATE TABLE s.t (id int PRIMARY KEY, k int)");
  EXPECT_EQ(RunJob(SharedStack(), Job()).stream("public.t").error().reason(),
            "DESTINATION_TABLE_NOT_OURS");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 0);
}

TEST_F(ChangesTest, WhatIsNoReplicationKeyFailsItsStream) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, j jsonb, b boolean, x timestamp[], k timestamp);"
      "INSERT INTO t VALUES (1)");
  const auto reason = [&](const std::string& key, const std::string& lookback,
                          const std::string& time_zone) {
    v1::Integration job = Job();
    Stream(job).set_replication_key(key);
    Stream(job).set_lookback(lookback);
    Stream(job).set_time_zone(time_zone);
    return RunJob(SharedStack(), job).stream("public.t").error().reason();
  };
  for (const char* key : {"j", "b", "x", ""})
    EXPECT_EQ(reason(key, "", ""), "REPLICATION_KEY_UNFIT");
  EXPECT_EQ(reason("gone", "", ""), "COLUMN_NOT_FOUND");
  EXPECT_EQ(reason("id", "1 day", ""), "SELECTION_INVALID");
  EXPECT_EQ(reason("id", "", "UTC"), "SELECTION_INVALID");
  EXPECT_EQ(reason("k", "1 blink", ""), "SELECTION_INVALID");
  EXPECT_EQ(reason("k", "", "Mars/Olympus"), "SELECTION_INVALID");
  EXPECT_EQ(reason("k", "1 hour", "Europe/Berlin"), "");
}

// Of a table without a primary key.
TEST_F(ChangesTest, KeyColumnsOfATableAreAsThoseOfAView) {
  source_->Run(
      "CREATE TABLE t (id int, k int, v text); INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b')");
  v1::Integration job = Job();
  Stream(job).add_key_columns("id");
  constexpr char kNewest[] = "(SELECT DISTINCT ON (id) * FROM t ORDER BY id, k DESC)";
  Run(job);
  ExpectExact(kNewest);
  source_->Run("INSERT INTO t VALUES (1, 3, 'c'), (2, 4, 'd'), (2, 3, 'e')");
  Run(job);
  ExpectExact(kNewest);
  source_->Run("INSERT INTO t VALUES (NULL, 5, 'f')");
  EXPECT_EQ(RunJob(SharedStack(), job).stream("public.t").error().reason(), "KEY_HAS_NULL");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 2);
}

// The oldest and the newest server as either end.
class VersionsTest : public StreamTest, public ::testing::WithParamInterface<VersionPair> {
 protected:
  VersionsTest() { UseVersions(GetParam()); }
};

TEST_P(VersionsTest, FirstLoadAndChanges) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k numeric, v json); CREATE INDEX ON t (k);"
      "INSERT INTO t SELECT n, n / 10.0, '{}' FROM generate_series(1, 500) n; ANALYZE t;"
      "INSERT INTO t VALUES (501, 'NaN', NULL), (502, NULL, NULL)");
  v1::Integration job = Job();
  Stream(job).set_ranges(3);
  Run(job);
  ExpectExact();
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.ranges"), 4);
  source_->Run("UPDATE t SET k = id + 100, v = '{\"a\":1}' WHERE id % 10 = 0");
  EXPECT_EQ(RowsRead(Run(job)), 51);  // Those and NaN; the row at the bookmark is one of them.
  ExpectExact();
  EXPECT_GT(destination_->Int("SELECT max(chunk) FROM _lockstitch.chunks"), 2);
}

INSTANTIATE_TEST_SUITE_P(OldestAndNewest, VersionsTest,
                         ::testing::Values(VersionPair{10, 18}, VersionPair{18, 10}),
                         [](const auto& info) { return Name(info.param); });

}  // namespace
}  // namespace lockstitch::tests

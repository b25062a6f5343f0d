// Every type and every odd value that a replication key can have: what runs read, what they leave
// at the destination, and where the bookmark is afterwards.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/substitute.h"
#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct KeyType {
  std::string table;
  std::string type;  // As CREATE TABLE takes it.
  std::string key;   // SQL: the n-th key.
  std::string time_zone;

  bool IsText() const { return table == "text" || table == "varchar"; }
  // The key in the order of the protocol.
  std::string Ordered() const { return IsText() ? "t.k COLLATE \"C\"" : "t.k"; }
};

const std::vector<KeyType>& KeyTypes() {
  static const std::vector<KeyType> types = {
      {"timestamptz", "timestamptz", "timestamptz '2020-03-29 00:00+00' + n * interval '1 min'"},
      {"timestamp", "timestamp(3)", "timestamp '2020-03-29 00:00' + n * interval '1 ms'"},
      {"timestamp_of_a_zone", "timestamp", "timestamp '2020-10-25 02:00' + n * interval '1 min'",
       "Europe/Berlin"},
      {"date", "date", "date '0001-01-20 BC' + n"},
      {"int2", "int2", "(n - 20)::int2"},
      {"int4", "int4", "n - 20"},
      {"int8", "int8", "n * 4294967296 - 20"},
      {"numeric", "numeric", "n / 10.0"},
      // Where languages sort otherwise than bytes: a before Z, an accent before f.
      {"text", "text COLLATE \"und-x-icu\"",
       "(ARRAY['Z', 'a', 'f', 'é'])[1 + n / 15] || lpad(n::text, 3, '0')"},
      {"varchar", "varchar(20)", "'x' || lpad(n::text, 3, '0')"},
      {"uuid", "uuid", "(lpad(to_hex(n * 7), 8, '0') || '-0000-4000-8000-000000000000')::uuid"},
      {"domain", "instant", "timestamptz '2020-01-01 00:00+00' + n * interval '1 s'"},
  };
  return types;
}

// A stream for each type: with a primary key and an index in the key's order, or with neither.
class KeyTypesTest : public StreamTest, public ::testing::WithParamInterface<bool> {
 protected:
  KeyTypesTest() : job_(IntegrationOf("s", source_url_, destination_url_)) {
    job_.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
    source_->Run("CREATE DOMAIN instant AS timestamptz(0) CHECK (VALUE > '1990-01-01 00:00+00')");
    for (const KeyType& type : KeyTypes()) {
      source_->Run("CREATE TABLE " + Table(type) + " (id int" + (GetParam() ? " PRIMARY KEY" : "") +
                   ", k " + type.type + ", v text)");
      if (GetParam()) {
        source_->Run("CREATE INDEX ON " + Table(type) + " (k" +
                     (type.IsText() ? " COLLATE \"C\")" : ")"));
      }
      v1::StreamSettings& stream = *job_.add_streams();
      stream.set_stream("public." + type.table);
      stream.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
      stream.set_replication_key("k");
      stream.set_time_zone(type.time_zone);
    }
  }

  static std::string Table(const KeyType& type) { return "public.\"" + type.table + "\""; }
  static std::string Greatest(const KeyType& type) {
    return "(SELECT k FROM " + Table(type) + " AS t ORDER BY " + type.Ordered() + " DESC LIMIT 1)";
  }

  // Rows `first` to `last`, three of each key.
  void Insert(int first, int last) {
    for (const KeyType& type : KeyTypes()) {
      source_->Run("INSERT INTO " + Table(type) + " SELECT i, " + type.key +
                   ", 'v' || i FROM generate_series(" + std::to_string(first) + ", " +
                   std::to_string(last) + ") AS i, LATERAL (SELECT i / 3 AS n) AS key");
    }
  }
  // The statement for each type. $0: its table, $1: its greatest key.
  void Change(const std::string& statement) {
    for (const KeyType& type : KeyTypes())
      source_->Run(absl::Substitute(statement, Table(type), Greatest(type)));
  }

  // Reads exactly what is at or past each bookmark, which ends at the greatest key.
  void RunExactly() {
    std::map<std::string, int64_t> expected;
    for (const KeyType& type : KeyTypes()) {
      const std::string& bookmark = bookmarks_[type.table];
      expected[type.table] = source_->Int(
          "SELECT count(*) FROM " + Table(type) + " AS t" +
          (bookmark.empty() ? "" : " WHERE " + type.Ordered() + " >= '" + bookmark + "'"));
    }
    const JobOutcome outcome = RunJob(SharedStack(), job_);
    ExpectSucceeded(outcome);
    for (const KeyType& type : KeyTypes()) {
      SCOPED_TRACE(type.table);
      EXPECT_EQ(outcome.stream("public." + type.table).progress().rows_extracted(),
                expected[type.table]);
      EXPECT_EQ(Rows(*source_, Table(type)), Rows(*destination_, "s.\"" + type.table + "\""));
      bookmarks_[type.table] = Bookmark(type.table);
      EXPECT_EQ(bookmarks_[type.table], source_->Text("SELECT " + Greatest(type) + "::text"));
    }
  }

  v1::Integration job_;
  std::map<std::string, std::string> bookmarks_;  // Of each table, after the last run.
};

TEST_P(KeyTypesTest, ArriveRunAfterRun) {
  Insert(1, 90);
  RunExactly();
  RunExactly();    // Nothing has changed: the rows of the boundary are read, and not doubled.
  Insert(91, 92);  // Of the boundary's key.
  Change("UPDATE $0 SET v = 'changed' WHERE id = 90");
  RunExactly();
  Insert(93, 150);
  // Rows go past the bookmark; without a primary key, one at the bookmark is deleted.
  Change(GetParam() ? "UPDATE $0 SET v = 'moved', k = $1 WHERE id IN (1, 40)"
                    : "DELETE FROM $0 WHERE id = 92");
  RunExactly();
  const int64_t chunked =
      destination_->Int("SELECT count(DISTINCT stream_id) FROM _lockstitch.chunks WHERE chunk > 0");
  EXPECT_EQ(chunked, GetParam() ? static_cast<int64_t>(KeyTypes().size()) : 0);
  RunExactly();
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, KeyTypesTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

// Keys that count for nothing: NULL, NaN, the infinities; and one that lies far ahead.
struct OddKeys {
  std::string type;
  std::vector<std::string> odd;
  std::string usual;     // The greatest of those that count.
  std::string next;      // A key of the present, SQL.
  std::string bookmark;  // SQL: whether $0 is right, the bookmark after a run.
  std::string time_zone = "";
};

class OddKeysTest : public StreamTest,
                    public ::testing::WithParamInterface<std::tuple<OddKeys, bool>> {
 protected:
  const OddKeys& keys() const { return std::get<0>(GetParam()); }
  bool keyed() const { return std::get<1>(GetParam()); }

  v1::Integration Job() {
    v1::Integration job = StreamTest::Job();
    Stream(job).set_time_zone(keys().time_zone);
    return job;
  }

  void ExpectBookmark() {
    const std::string bookmark = "'" + Bookmark() + "'::" + keys().type;
    EXPECT_EQ(source_->Text("SELECT " + absl::Substitute(keys().bookmark, bookmark)), "t")
        << bookmark;
  }
};

TEST_P(OddKeysTest, NeitherMoveTheBookmarkNorStopTheStream) {
  source_->Run("CREATE TABLE t (id int" + std::string(keyed() ? " PRIMARY KEY" : "") + ", k " +
               keys().type + ", v text)");
  if (keyed()) source_->Run("CREATE INDEX ON t (k)");
  for (const std::string& key : keys().odd) {
    source_->Run("INSERT INTO t SELECT count(*), '" + key + "', 'first' FROM t");
  }
  source_->Run("INSERT INTO t SELECT count(*), '" + keys().usual + "', 'first' FROM t");
  source_->Run("INSERT INTO t VALUES (100, NULL, 'first')");
  EXPECT_EQ(RowsRead(Run(Job())), source_->Int("SELECT count(*) FROM t"));
  ExpectExact();
  ExpectBookmark();
  const std::string bookmark = Bookmark();

  // A row of the present is behind the odd ones, and is read for all that.
  source_->Run("INSERT INTO t SELECT 101, " + keys().next + ", 'second'");
  EXPECT_THAT(Run(Job()).log, Not(Says("there is no bookmark")));
  ExpectExact();
  ExpectBookmark();
  EXPECT_EQ(source_->Text("SELECT '" + Bookmark() + "'::" + keys().type + " >= '" + bookmark +
                          "'::" + keys().type),
            "t");

  // NULL keys are read by the first run alone.
  source_->Run("INSERT INTO t VALUES (102, NULL, 'third')");
  Run(Job());
  ExpectExact("(SELECT * FROM t WHERE id <> 102)");
}

constexpr char kPresent[] = "$0 BETWEEN now() - interval '1 hour' AND now()";
constexpr char kPresentOfAZone[] =
    "$0 BETWEEN ((now() - interval '2 h') AT TIME ZONE 'Europe/Berlin') AND (now() AT TIME ZONE "
    "'Europe/Berlin')";
constexpr char kYesterday[] = "$0 BETWEEN now() - interval '50 h' AND now() - interval '10 h'";

INSTANTIATE_TEST_SUITE_P(
    Types, OddKeysTest,
    ::testing::Combine(
        ::testing::Values(
            OddKeys{"timestamptz",
                    {"-infinity", "infinity", "2099-01-01", "290000-01-01"},
                    "2020-01-01",
                    "now()",
                    kPresent},
            OddKeys{"timestamp",
                    {"-infinity", "infinity", "2099-01-01"},
                    "2020-01-01",
                    "now() AT TIME ZONE 'UTC'",
                    kYesterday},
            OddKeys{"timestamp",
                    {"-infinity", "infinity", "2099-01-01"},
                    "2020-01-01",
                    "now() AT TIME ZONE 'Europe/Berlin'",
                    kPresentOfAZone,
                    "Europe/Berlin"},
            OddKeys{"date",
                    {"-infinity", "infinity", "2099-01-01"},
                    "2020-01-01",
                    "current_date",
                    kYesterday},
            OddKeys{"numeric",
                    {"NaN", "Infinity", "-Infinity"},
                    "131072.5",
                    "131072.50",
                    "$0 = 131072.5"},
            // These have nothing but NULL that counts for nothing.
            OddKeys{"int", {"-2147483648"}, "2147483647", "2147483647", "$0 = 2147483647"},
            OddKeys{"text", {""}, "\U0010FFFF", "chr(1114111)", "$0 = chr(1114111)"},
            OddKeys{"uuid",
                    {"00000000-0000-0000-0000-000000000000"},
                    "ffffffff-ffff-ffff-ffff-ffffffffffff",
                    "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
                    "$0 = 'ffffffff-ffff-ffff-ffff-ffffffffffff'"}),
        ::testing::Bool()),
    [](const auto& info) {
      const OddKeys& keys = std::get<0>(info.param);
      return keys.type + (keys.time_zone.empty() ? "" : "OfAZone") +
             (std::get<1>(info.param) ? "WithKey" : "WithoutKey");
    });

// Rows whose order of keys isn't that of commits, or isn't one.
class KeyOrderTest : public StreamTest, public ::testing::WithParamInterface<bool> {
 protected:
  void MakeTable(const std::string& type) {
    source_->Run("CREATE TABLE t (id int" + std::string(GetParam() ? " PRIMARY KEY" : "") + ", k " +
                 type + ", v text); CREATE INDEX ON t (k)");
  }
};

TEST_P(KeyOrderTest, KeysThatAreAllEqualAreOneChunk) {
  MakeTable("timestamptz");
  source_->Run("INSERT INTO t SELECT n, '2020-01-01', 'v' FROM generate_series(1, 50) n");
  Run(Job());
  source_->Run("INSERT INTO t SELECT n, '2020-01-01', 'w' FROM generate_series(51, 99) n");
  source_->Run("UPDATE t SET v = 'changed' WHERE id = 7");
  EXPECT_EQ(RowsRead(Run(Job())), 99);
  ExpectExact();
  EXPECT_EQ(destination_->Int("SELECT max(chunk) FROM _lockstitch.chunks"), 0);
}

TEST_P(KeyOrderTest, WithoutAnyKeyEachRunReadsEverything) {
  MakeTable("timestamptz");
  source_->Run("INSERT INTO t SELECT n, NULL, 'v' FROM generate_series(1, 30) n");
  EXPECT_THAT(Run(Job()).log, Says("there is no bookmark: no row has a k"));
  source_->Run("INSERT INTO t VALUES (31, NULL, 'new'); UPDATE t SET v = 'changed' WHERE id = 1");
  const JobOutcome second = Run(Job());
  EXPECT_THAT(second.log, Says("each run reads the whole table"));
  EXPECT_EQ(RowsRead(second), 31);
  ExpectExact();
  source_->Run("UPDATE t SET k = '2020-01-01' WHERE id = 2");
  EXPECT_THAT(Run(Job()).log, Not(Says("there is no bookmark: no row has")));
  EXPECT_EQ(RowsRead(Run(Job())), 1);
  ExpectExact();
}

TEST_P(KeyOrderTest, ATransactionThatIsOpenHoldsTheBookmarkBack) {
  MakeTable("timestamptz");
  source_->Run("INSERT INTO t SELECT n, '2020-01-01', 'v' FROM generate_series(1, 3) n");
  testing::Database early(source_url_);
  early.Run("BEGIN; INSERT INTO t VALUES (4, now(), 'early')");
  const std::string began = early.Text("SELECT now()");
  source_->Run("UPDATE t SET k = now(), v = 'late' WHERE id = 1");
  for (int run = 1; run <= 2; ++run) {  // The first load, and changes.
    Run(Job());
    ExpectExact();
    EXPECT_EQ(source_->Text("SELECT '" + Bookmark() + "' <= '" + began + "'::timestamptz"), "t");
  }
  // The row that had the later time is given the earlier one.
  early.Run("UPDATE t SET k = now(), v = 'early' WHERE id = 1; COMMIT");
  EXPECT_GE(RowsRead(Run(Job())), 2);
  ExpectExact();
}

TEST_P(KeyOrderTest, APreparedTransactionIsCoveredByTheLookback) {
  MakeTable("timestamptz");
  source_->Run(
      "INSERT INTO t SELECT n, now() - n * interval '1 h', 'v' FROM generate_series(0, 3) n");
  source_->Run("BEGIN; INSERT INTO t VALUES (4, now(), 'early'); PREPARE TRANSACTION 'open'");
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(outcome.log, Says("5 minutes behind the source's clock: the source has a prepared"));
  EXPECT_EQ(source_->Text("SELECT '" + Bookmark() + "' <= now() - interval '5 min'"), "t");
  source_->Run("COMMIT PREPARED 'open'");
  Run(Job());
  ExpectExact();
}

// As docs/delivery.md says of numbers: nothing tells it from the others.
TEST_P(KeyOrderTest, ANumberFarAheadCarriesTheBookmark) {
  MakeTable("int");
  source_->Run("INSERT INTO t SELECT n, n, 'v' FROM generate_series(1, 10) n");
  source_->Run("INSERT INTO t VALUES (11, 2000000000, 'far ahead')");
  Run(Job());
  EXPECT_EQ(Bookmark(), "2000000000");
  source_->Run("INSERT INTO t VALUES (12, 12, 'missed')");
  EXPECT_EQ(RowsRead(Run(Job())), 1);
  ExpectExact("(SELECT * FROM t WHERE id <> 12)");
  source_->Run("UPDATE t SET k = 11 WHERE id = 11");
  ExpectSucceeded(RunJob(SharedStack(), Job(), /*reset=*/true));
  ExpectExact();
  EXPECT_EQ(Bookmark(), "12");
}

// Row 28 of the study in tests/model: what a larger look-back has left open is read by runs with a
// smaller one, or none, too.
TEST_P(KeyOrderTest, ASmallerLookbackReadsWhatALargerOneLeftOpen) {
  MakeTable("int");
  source_->Run("INSERT INTO t SELECT n, n * 10, 'v' FROM generate_series(1, 100) n");
  testing::Database late(source_url_), later(source_url_);
  late.Run("BEGIN; INSERT INTO t VALUES (1001, 965, 'late')");
  later.Run("BEGIN; INSERT INTO t VALUES (1002, 1045, 'later')");
  v1::Integration job = Job();
  Stream(job).set_lookback("100");
  Run(job);
  EXPECT_EQ(Bookmark(), "900");
  source_->Run("INSERT INTO t VALUES (101, 1050, 'new')");
  Run(job);
  EXPECT_EQ(Bookmark(), "950");

  late.Run("COMMIT");
  Stream(job).set_lookback("10");
  EXPECT_EQ(RowsRead(Run(job)), 8);  // 950, 960, 965, ... 1000, 1050.
  ExpectExact();
  EXPECT_EQ(Bookmark(), "1040");
  later.Run("COMMIT");
  Stream(job).clear_lookback();
  EXPECT_EQ(RowsRead(Run(job)), 2);
  ExpectExact();
  EXPECT_EQ(Bookmark(), "1050");
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, KeyOrderTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

// Text is compared by its bytes at both ends; it travels as UTF-8.
struct Encodings {
  const char* name;
  const char* source;
  const char* destination;
  bool fit;
};

class EncodingsTest : public StreamTest, public ::testing::WithParamInterface<Encodings> {
 protected:
  EncodingsTest() {
    source_url_ = Make(SourceCluster(), *source_, GetParam().source);
    destination_url_ = Make(DestinationCluster(), *destination_, GetParam().destination);
    source_ = std::make_unique<testing::Database>(source_url_);
    destination_ = std::make_unique<testing::Database>(destination_url_);
  }

 private:
  static std::string Make(testing::PostgresCluster& cluster, testing::Database& session,
                          const std::string& encoding) {
    const std::string name = session.Text("SELECT current_database() || '_encoded'");
    session.Run("CREATE DATABASE " + name + " ENCODING '" + encoding +
                "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    return cluster.Url(name);
  }
};

TEST_P(EncodingsTest, ATextIsAReplicationKeyWhereItHasOneOrder) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k text, short varchar(9)); CREATE INDEX ON t (k COLLATE "
      "\"C\"); INSERT INTO t SELECT n, v, v FROM unnest(ARRAY['z', 'é', 'ÿ', '~']) WITH ORDINALITY "
      "AS u (v, n)");
  v1::Integration job = Job();
  for (const char* key : {"k", "short"}) {
    Stream(job).set_replication_key(key);
    if (GetParam().fit) {
      Run(job);
      source_->Run("INSERT INTO t SELECT max(id) + 1, 'ÿz', 'ÿz' FROM t");
      EXPECT_EQ(RowsRead(Run(job)), 2);
      EXPECT_EQ(Bookmark(), "ÿz");
      ExpectExact();
      source_->Run("DELETE FROM t WHERE id > 4");
    } else {
      const v1::StreamRun run = RunJob(SharedStack(), job).stream("public.t");
      EXPECT_EQ(run.error().reason(), "REPLICATION_KEY_UNFIT");
      EXPECT_THAT(run.error().message(), HasSubstr(GetParam().source));
      EXPECT_THAT(run.error().message(), HasSubstr(GetParam().destination));
    }
  }
  // Numbers have one order everywhere.
  Stream(job).set_replication_key("id");
  Run(job);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Pairs, EncodingsTest,
                         ::testing::Values(Encodings{"Same", "WIN1252", "WIN1252", true},
                                           Encodings{"OneOrder", "LATIN1", "UTF8", true},
                                           Encodings{"OtherSource", "WIN1252", "UTF8", false},
                                           Encodings{"OtherDestination", "UTF8", "WIN1252", false},
                                           Encodings{"BothOther", "LATIN9", "WIN1252", false}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lockstitch::tests

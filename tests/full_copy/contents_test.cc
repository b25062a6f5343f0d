// What arrives is what was there: every table of a job, read by the four processes, compared by
// content.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ContentsTest : public ClustersTest {
 protected:
  Stack stack_;
};

TEST_F(ContentsTest, RowsArriveUnalteredInOneRangeAndInTwo) {
  source_->Run(R"sql(
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN price AS numeric(10,2);
    CREATE TABLE things (
      id bigint PRIMARY KEY, s smallint, f float8, n numeric, p price, t text, c char(7), v varchar(12), b boolean,
      d date, ts timestamp, tz timestamptz, tm time, i interval, by bytea, u uuid, j json, jb jsonb, m mood, pr pair,
      ai int[], at text[], am mood[], r int4range, ip inet, bi bit(5), vb bit varying, mo money, o oid, x xml);
    INSERT INTO things
    SELECT n, n % 100, CASE n % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE n / 7.0 END, (n / 3.0)::numeric(30,12),
           n / 100.0, repeat(chr(64 + n % 60), n % 50), 'c' || n % 10, 'v' || n, n % 2 = 0,
           CASE WHEN n % 9 = 0 THEN 'infinity' ELSE date '0044-03-15 BC' + n END, timestamp '2026-01-01' + n * interval '1 s',
           timestamptz '2026-01-01 00:00+05' + n * interval '1 ms', CASE WHEN n % 4 = 0 THEN time '24:00' ELSE time '12:34' END,
           interval '1 month -3 days' * (n % 9), decode(md5(n::text), 'hex'), md5(n::text)::uuid,
           '{"a": 1, "a":  2}', jsonb_build_object('n', n), (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mood,
           CASE WHEN n % 3 = 0 THEN ROW(n, 'x"y')::pair END, ARRAY[n, NULL, -n], '[0:1]={a,NULL}',
           ARRAY['ok']::mood[], int4range(n, n + 5), '10.0.0.1/8', B'10101', B'101', 12.5, n, '<a/>'
    FROM generate_series(1, 20000) n;
    INSERT INTO things (id) VALUES (0))sql");
  constexpr char kColumns[] =
      "id, s, f, n, p, t, c, v, b, d, ts, tz, tm, i, by, u, j::text, jb, m::text, ai, at, "
      "am::text[], r, ip, bi, vb, "
      "mo::text, o, x::text";
  ExpectSucceeded(
      RunJob(stack_, IntegrationOf("one", source_url_, destination_url_, {"things"}, 1)));
  ExpectSucceeded(
      RunJob(stack_, IntegrationOf("two", source_url_, destination_url_, {"things"}, 2)));
  ExpectSameContents("things", "one.things", kColumns);
  ExpectSameContents("things", "two.things", kColumns);
  EXPECT_EQ(
      destination_->Int("SELECT count(DISTINCT range) FROM _lockstitch.chunks WHERE rows > 5000"),
      2);
  EXPECT_EQ(destination_->Text("SELECT pr::text FROM one.things WHERE id = 3"),
            R"({"a":3,"b":"x\"y"})");
  EXPECT_THAT(
      destination_->List(
          "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
          "attrelid = 'one.things'::regclass AND attname IN ('p', 'c', 'v', 'm', 'am', 'pr', 'bi', "
          "'mo') ORDER BY attnum"),
      ElementsAre("p numeric(10,2)", "c character(7)", "v character varying(12)", "m text",
                  "pr json", "am text[]", "bi bit(5)", "mo money"));
}

TEST_F(ContentsTest, SystemColumnsAreStitchsUnlessSwitchedOff) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  v1::Integration integration = IntegrationOf("shop", source_url_, destination_url_);
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_EQ(
      destination_->Int(
          "SELECT count(*) FROM shop.t WHERE _sdc_received_at BETWEEN now() - interval '5 min' AND "
          "now() AND _sdc_batched_at >= _sdc_received_at - interval '1 s' AND _sdc_sequence > "
          "10^18 "
          "AND _sdc_table_version = 1"),
      2);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_attrdef WHERE adrelid = 'shop.t'::regclass"),
            0);
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_EQ(destination_->Int("SELECT DISTINCT _sdc_table_version FROM shop.t"), 2);
  integration.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  ExpectSucceeded(RunJob(stack_, integration));
  // They are kept, and filled no more.
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.t WHERE num_nonnulls(_sdc_received_at, "
                              "_sdc_batched_at, _sdc_sequence, _sdc_table_version) = 0"),
            2);
  integration.set_name("without");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_attribute WHERE attrelid = "
                              "'without.t'::regclass AND attnum > 0"),
            1);
}

TEST_F(ContentsTest, SystemColumnsOfATableThatIsReplacedAreNotWritten) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, repeat('x', 100) FROM "
      "generate_series(1, 20000) n");
  ExpectSucceeded(RunJob(stack_, IntegrationOf("shop", source_url_, destination_url_, {"t"}, 2)));
  v1::Integration without = IntegrationOf("bare", source_url_, destination_url_, {"t"}, 2);
  without.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  ExpectSucceeded(RunJob(stack_, without));
  // In each row they would take 32 bytes.
  EXPECT_LT(destination_->Int("SELECT pg_relation_size('shop.t')"),
            destination_->Int("SELECT pg_relation_size('bare.t')") + 20000 * 8);
  // Two ranges and one time: all rows have the same.
  EXPECT_EQ(
      destination_->Int("SELECT count(DISTINCT (_sdc_received_at, _sdc_batched_at, _sdc_sequence, "
                        "_sdc_table_version)) FROM shop.t WHERE _sdc_batched_at > _sdc_received_at "
                        "AND _sdc_table_version = 1"),
      1);
  EXPECT_THAT(destination_->List("SELECT attname || ' ' || format_type(atttypid, -1) FROM "
                                 "pg_attribute WHERE attrelid = 'shop.t'::regclass AND attnum > 0 "
                                 "ORDER BY attnum"),
              ElementsAre("id integer", "v text", "_sdc_received_at timestamp with time zone",
                          "_sdc_batched_at timestamp with time zone", "_sdc_sequence bigint",
                          "_sdc_table_version bigint"));
  // What comes to the table later has none.
  destination_->Run("INSERT INTO shop.t VALUES (0)");
  EXPECT_EQ(destination_->Int("SELECT num_nonnulls(_sdc_received_at, _sdc_batched_at, "
                              "_sdc_sequence, _sdc_table_version) FROM shop.t WHERE id = 0"),
            0);
}

constexpr char kIndexes[] =
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop' ORDER BY indexname";

TEST_F(ContentsTest, ARerunReplacesTheContentAndKeepsKeyIndexesGrantsAndComments) {
  source_->Run(
      "CREATE TABLE t (a int, b int, v text, PRIMARY KEY (b, a)); INSERT INTO t VALUES (1, 2, "
      "'old'), (3, 4, 'gone')");
  const v1::Integration integration = IntegrationOf("shop", source_url_, destination_url_);
  ExpectSucceeded(RunJob(stack_, integration));
  destination_->Run("CREATE ROLE reader_" + std::to_string(destination_->backend_pid()));
  const std::string reader = "reader_" + std::to_string(destination_->backend_pid());
  destination_->Run("GRANT SELECT ON shop.t TO " + reader + "; GRANT UPDATE (v) ON shop.t TO " +
                    reader +
                    "; COMMENT ON TABLE shop.t IS 'ours'; COMMENT ON COLUMN shop.t.v IS 'it''s'");
  destination_->Run(
      "CREATE INDEX \"by USING v\" ON shop.t USING btree (lower(v)) WHERE v <> ''; CREATE UNIQUE "
      "INDEX ON shop.t (a)");
  const std::vector<std::string> indexes = destination_->List(kIndexes);
  source_->Run(
      "DELETE FROM t WHERE a = 3; UPDATE t SET v = 'new'; INSERT INTO t VALUES (5, 6, 'more')");
  ExpectSucceeded(RunJob(stack_, integration));
  ExpectSameContents("t", "shop.t", "a, b, v");
  EXPECT_EQ(destination_->Text(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 't_pkey' AND "
                "conrelid = 'shop.t'::regclass"),
            "PRIMARY KEY (b, a)");
  EXPECT_EQ(destination_->List(kIndexes), indexes);
  EXPECT_EQ(indexes.size(), 3u);
  EXPECT_EQ(destination_->Text("SELECT has_table_privilege('" + reader +
                               "', 'shop.t', 'SELECT') AND "
                               "has_column_privilege('" +
                               reader + "', 'shop.t', 'v', 'UPDATE')"),
            "t");
  EXPECT_EQ(
      destination_->Text(
          "SELECT obj_description('shop.t'::regclass) || col_description('shop.t'::regclass, 3)"),
      "oursit's");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_class WHERE relname LIKE "
                              "'\\_lockstitch\\_load%' AND relkind = 'r'"),
            0);
}

TEST_F(ContentsTest, ATypesOutputIsWhatArrivesWhateverCastsItsUsersMade) {
  source_->Run(
      "CREATE TYPE mood AS ENUM ('sad'); CREATE FUNCTION lie(mood) RETURNS text LANGUAGE sql AS $$ "
      "SELECT 'glad' $$;"
      "CREATE CAST (mood AS text) WITH FUNCTION lie(mood); CREATE TABLE t (m mood, ms mood[]);"
      "INSERT INTO t VALUES ('sad', '{sad,NULL}'), (NULL, NULL)");
  ExpectSucceeded(RunJob(stack_, IntegrationOf("s", source_url_, destination_url_)));
  EXPECT_THAT(
      destination_->List(
          "SELECT coalesce(m, 'none') || ' ' || coalesce(ms::text, 'none') FROM s.t ORDER BY m"),
      ElementsAre("sad {sad,NULL}", "none none"));
}

TEST_F(ContentsTest, KeysOfEveryOrderedTypeAreKept) {
  source_->Run(
      "CREATE TABLE a (k cidr PRIMARY KEY); CREATE TABLE b (k int4range PRIMARY KEY); CREATE TABLE "
      "c (k varchar(9) PRIMARY KEY);"
      "CREATE TABLE d (k int[] PRIMARY KEY); CREATE TABLE e (k int4multirange PRIMARY KEY); CREATE "
      "TABLE f (k char(3) PRIMARY KEY)");
  ExpectSucceeded(RunJob(stack_, IntegrationOf("s", source_url_, destination_url_)));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND "
                              "connamespace = 's'::regnamespace"),
            6);
}

TEST_F(ContentsTest, TablesWithoutKeyEmptyOnesViewsAndPartitionedOnes) {
  source_->Run(R"sql(
    CREATE TABLE keyless (a int, b text); INSERT INTO keyless SELECT 1, 'same' FROM generate_series(1, 1000);
    CREATE TABLE empty (id int PRIMARY KEY, t text);
    CREATE VIEW twice AS SELECT a * 2 AS a2 FROM keyless;
    CREATE MATERIALIZED VIEW frozen AS SELECT a FROM keyless;
    CREATE TABLE parted (id int, k int, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
    CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20);
    INSERT INTO parted SELECT n, n % 20 FROM generate_series(1, 1000) n;
    CREATE TABLE base (id int); CREATE TABLE heir (more text) INHERITS (base);
    INSERT INTO base VALUES (1); INSERT INTO heir VALUES (2, 'x'))sql");
  const JobOutcome outcome =
      RunJob(stack_, IntegrationOf("s", source_url_, destination_url_,
                                   {"keyless", "empty", "twice", "frozen", "parted", "base"}, 2));
  ExpectSucceeded(outcome);
  EXPECT_EQ(outcome.stream("public.empty").progress().rows_loaded(), 0);
  EXPECT_EQ(outcome.stream("public.parted").progress().rows_loaded(), 1000);
  ExpectSameContents("keyless", "s.keyless", "a, b");
  ExpectSameContents("empty", "s.empty", "id, t");
  ExpectSameContents("twice", "s.twice", "a2");
  ExpectSameContents("frozen", "s.frozen", "a");
  ExpectSameContents("parted", "s.parted", "id, k");
  ExpectSameContents("base", "s.base", "id");
}

TEST_F(ContentsTest, NoStreamsMeansEveryTableButNoPartitionsAndNoViews) {
  source_->Run(
      "CREATE TABLE a (i int); CREATE VIEW v AS SELECT 1 AS i; CREATE SCHEMA other; CREATE TABLE "
      "other.b (i int);"
      "CREATE TABLE p (i int) PARTITION BY LIST (i); CREATE TABLE p1 PARTITION OF p FOR VALUES IN "
      "(1)");
  ExpectSucceeded(RunJob(stack_, IntegrationOf("s", source_url_, destination_url_)));
  EXPECT_THAT(destination_->List("SELECT relname::text FROM pg_class WHERE relnamespace = "
                                 "'s'::regnamespace AND relkind = 'r' "
                                 "ORDER BY relname"),
              ElementsAre("a", "b", "p"));
}

// 4,000 columns whose names hold what names may hold.
TEST_F(ContentsTest, AwkwardNames) {
  const std::vector<std::string> parts = {
      "Upper",  "sp ace",    "quo\"te",     "sin'gle",  "back\\slash", "select", "größe",
      "日本語", "tab\there", "semi;colon",  "per%cent", "dollar$1",    "{brace", "a.b",
      "--dash", "/*",        "line\nbreak", "ctid2",    "NULL",        "🧵"};
  std::vector<std::string> tables = {"Order Items", "select", "it's \"quoted\"", "ünïcode.dot"};
  std::vector<std::string> streams;
  for (const std::string& table : tables) {
    std::string columns, values;
    for (int i = 0; i < 1000; ++i) {
      std::string name = parts[static_cast<size_t>(i) % parts.size()] + "_" + std::to_string(i);
      if (i % 100 == 7)
        name = name + std::string(63 - name.size(), 'z');  // As long as a name may be.
      std::string quoted;
      for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
      columns += (i == 0 ? "\"" : ", \"") + quoted + "\" int";
      values += (i == 0 ? "" : ", ") + std::to_string(i);
    }
    std::string quoted;
    for (const char c : table) quoted += c == '"' ? "\"\"" : std::string(1, c);
    source_->Run("CREATE TABLE \"" + quoted + "\" (" + columns + "); INSERT INTO \"" + quoted +
                 "\" VALUES (" + values + ")");
  }
  ExpectSucceeded(RunJob(stack_, IntegrationOf("names", source_url_, destination_url_)));
  constexpr char kNames[] =
      "SELECT md5(string_agg(c.relname || a.attname || a.attnum, ',' ORDER BY c.relname COLLATE "
      "\"C\", a.attnum)) || count(*) "
      "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = "
      "c.relnamespace "
      "WHERE a.attnum > 0 AND c.relkind = 'r' AND a.attname NOT LIKE '\\_sdc%' AND n.nspname IN "
      "('public', 'names')";
  EXPECT_EQ(source_->Text(kNames), destination_->Text(kNames));
  EXPECT_EQ(destination_->Text(
                "SELECT row_to_json(t)->>'quo\"te_2' FROM names.\"it's \"\"quoted\"\"\" t"),
            "2");
}

TEST_F(ContentsTest, AHundredMegabyteValue) {
  source_->Run(
      "CREATE TABLE big (id int PRIMARY KEY, v bytea); ALTER TABLE big ALTER v SET STORAGE "
      "EXTERNAL;"
      "INSERT INTO big VALUES (1, 'small'), (2, decode(repeat('00ff55aa', 25000000), 'hex')), (3, "
      "'last')");
  const JobOutcome outcome = RunJob(stack_, IntegrationOf("s", source_url_, destination_url_));
  ExpectSucceeded(outcome);
  EXPECT_GT(outcome.stream("public.big").progress().bytes_extracted(), 100'000'000);
  EXPECT_EQ(
      destination_->Text(
          "SELECT string_agg(id || ' ' || length(v) || ' ' || md5(v), ',' ORDER BY id) FROM s.big"),
      source_->Text(
          "SELECT string_agg(id || ' ' || length(v) || ' ' || md5(v), ',' ORDER BY id) FROM big"));
}

TEST_F(ContentsTest, OneStreamsFailureLeavesTheOthersAlone) {
  source_->Run(
      "CREATE TABLE good (i int); INSERT INTO good VALUES (1);"
      "CREATE VIEW bad AS SELECT 1 / (i - 1) AS boom FROM good");
  const JobOutcome outcome =
      RunJob(stack_, IntegrationOf("s", source_url_, destination_url_, {"good", "bad", "missing"}));
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(outcome.stream("public.good").state(), v1::STREAM_RUN_STATE_SUCCEEDED);
  EXPECT_EQ(outcome.stream("public.bad").error().reason(), "SOURCE_VALUE_INVALID");
  EXPECT_EQ(outcome.stream("public.missing").error().reason(), "STREAM_NOT_FOUND");
  EXPECT_THAT(destination_->List("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND "
                                 "relname LIKE '\\_lockstitch\\_load%'"),
              IsEmpty());
}

}  // namespace
}  // namespace lockstitch::tests

#include "schema/catalog_reader.h"

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "postgres/transaction.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::schema {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

constexpr absl::string_view kSnapshot = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

// Everything in a database of its own, for each version.
class CatalogReaderTest : public ::testing::TestWithParam<int> {
 protected:
  using Tables = std::map<std::string, v1::Table>;

  CatalogReaderTest() {
    static int number = 0;
    const std::string name = absl::StrCat("test_", ++number);
    testing::MakeDatabase(Cluster().Url("postgres"), name);
    url_ = Cluster().Url(name);
    source_ = std::make_unique<testing::Database>(url_);
  }

  static testing::PostgresCluster& Cluster() {
    static std::map<int, std::unique_ptr<testing::PostgresCluster>> clusters;
    auto& cluster = clusters[GetParam()];
    if (cluster == nullptr) {
      cluster = std::make_unique<testing::PostgresCluster>(testing::PostgresCluster::Options{
          .version = GetParam(), .settings = {"allow_system_table_mods = on"}});
      testing::Database(cluster->Url("postgres")).Run("CREATE ROLE reader LOGIN");
    }
    return *cluster;
  }

  // As Debian's has it where the parameter is 0.
  int version() { return static_cast<int>(source_->Int("SHOW server_version_num")) / 10000; }
  void Run(const std::string& sql) { source_->Run(sql); }

  postgres::Connection Connect(const std::string& user) {
    postgres::Connection::Options options = {.application_name = "test"};
    options.server.set_url(absl::StrReplaceAll(url_, {{"user=lockstitch", "user=" + user}}));
    return *postgres::Connection::Open(options);
  }

  Tables Read(const std::string& user = "lockstitch") {
    postgres::Connection connection = Connect(user);
    const auto transaction = postgres::Transaction::Begin(connection, kSnapshot);
    Tables tables;
    order_.clear();
    EXPECT_THAT(ReadTables(connection,
                           [&](v1::Table table) {
                             const std::string name =
                                 absl::StrCat(table.name().schema(), ".", table.name().name());
                             order_.push_back(name);
                             tables[name] = std::move(table);
                             return absl::OkStatus();
                           }),
                IsOk());
    return tables;
  }

  std::string url_;
  std::unique_ptr<testing::Database> source_;
  std::vector<std::string> order_;  // Of the last Read.
};

// For what only servers since 12 have.
class GeneratedColumnsTest : public CatalogReaderTest {};

std::string VersionName(const ::testing::TestParamInfo<int>& info) {
  return info.param == 0 ? "Debian" : absl::StrCat("V", info.param);
}

INSTANTIATE_TEST_SUITE_P(Versions, CatalogReaderTest,
                         ::testing::Values(10, 11, 12, 13, 14, 0, 16, 17, 18), VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, GeneratedColumnsTest,
                         ::testing::Values(12, 13, 14, 0, 16, 17, 18), VersionName);

std::vector<std::string> Names(const v1::Table& table) {
  std::vector<std::string> names;
  for (const v1::Column& column : table.columns()) names.push_back(column.name());
  return names;
}

std::vector<std::string> Keys(const v1::Table& table) {
  std::vector<std::string> keys;
  for (const auto& key : table.replication_keys())
    keys.push_back(absl::StrCat(key.column(), key.indexed() ? " indexed" : ""));
  return keys;
}

std::vector<std::string> Uniques(const v1::Table& table) {
  std::vector<std::string> uniques;
  for (const auto& index : table.unique_indexes()) {
    uniques.push_back(absl::StrCat(index.name(), " ", absl::StrJoin(index.columns(), ","),
                                   index.identifies_rows() ? " identifies" : ""));
  }
  return uniques;
}

TEST_P(CatalogReaderTest, ColumnsAreDescribed) {
  Run("CREATE DOMAIN amount AS numeric(10,2) CHECK (VALUE > 0);"
      "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, gone int, n numeric(12,3) NOT NULL "
      "DEFAULT 1.5, c bpchar, f char(7), a varchar(20)[], b box[], d amount, s serial);"
      "ALTER TABLE t DROP COLUMN gone;"
      "COMMENT ON TABLE t IS 'All things'; COMMENT ON COLUMN t.n IS 'How many';"
      "COMMENT ON TYPE amount IS 'Not of the table'");
  const v1::Table table = Read()["public.t"];
  EXPECT_EQ(table.comment(), "All things");
  EXPECT_THAT(Names(table), ElementsAre("id", "n", "c", "f", "a", "b", "d", "s"));
  EXPECT_EQ(table.columns(0).generation(), v1::COLUMN_GENERATION_IDENTITY);
  EXPECT_FALSE(table.columns(0).nullable());
  const v1::Column& n = table.columns(1);
  EXPECT_EQ(n.type().display(), "numeric(12,3)");
  EXPECT_EQ(n.type().modifier(), (12 << 16 | 3) + 4);
  EXPECT_EQ(n.default_expression(), "1.5");
  EXPECT_EQ(n.comment(), "How many");
  EXPECT_FALSE(n.nullable());
  EXPECT_EQ(table.columns(2).type().display(), "bpchar");
  EXPECT_EQ(table.columns(3).type().display(), "character(7)");
  EXPECT_TRUE(table.columns(3).nullable());
  EXPECT_EQ(table.columns(4).type().kind(), v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(table.columns(4).type().display(), "character varying(20)[]");
  EXPECT_EQ(table.columns(4).type().delimiter(), ",");
  EXPECT_EQ(table.columns(4).type().element().name(), "varchar");
  EXPECT_EQ(table.columns(5).type().element().delimiter(), ";");
  const v1::DataType& domain = table.columns(6).type();
  EXPECT_EQ(domain.kind(), v1::TYPE_KIND_DOMAIN);
  EXPECT_EQ(domain.element().name(), "numeric");
  EXPECT_EQ(domain.element().modifier(), (10 << 16 | 2) + 4);
  EXPECT_THAT(table.columns(7).default_expression(), HasSubstr("nextval('public.t_s_seq'"));
}

TEST_P(CatalogReaderTest, TypesAreFollowedToWhatTheyHold) {
  Run("CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok');"
      "CREATE DOMAIN moods AS mood[]; CREATE DOMAIN outer_moods AS moods;"
      "CREATE TYPE pair AS (a int, b text); CREATE TYPE floats AS RANGE (subtype = float8);"
      "CREATE TABLE t (c citext[], d outer_moods, p pair[], f floats, r int4range[])");
  const v1::Table table = Read()["public.t"];
  const v1::DataType& citext = table.columns(0).type();
  EXPECT_EQ(citext.kind(), v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(citext.element().extension(), "citext");
  EXPECT_EQ(citext.element().schema(), "public");
  const v1::DataType& domain = table.columns(1).type();
  EXPECT_EQ(domain.kind(), v1::TYPE_KIND_DOMAIN);
  EXPECT_EQ(domain.element().kind(), v1::TYPE_KIND_DOMAIN);
  EXPECT_EQ(domain.element().element().kind(), v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(domain.element().element().element().kind(), v1::TYPE_KIND_ENUM);
  EXPECT_EQ(table.columns(2).type().element().kind(), v1::TYPE_KIND_COMPOSITE);
  const v1::DataType& range = table.columns(3).type();
  EXPECT_EQ(range.kind(), v1::TYPE_KIND_RANGE);
  EXPECT_EQ(range.element().name(), "float8");
  EXPECT_EQ(table.columns(4).type().element().element().name(), "int4");
  if (version() < 14) return;
  Run("ALTER TABLE t ADD m int4multirange");
  const v1::DataType multirange = Read()["public.t"].columns(5).type();
  EXPECT_EQ(multirange.kind(), v1::TYPE_KIND_MULTIRANGE);
  EXPECT_EQ(multirange.element().kind(), v1::TYPE_KIND_RANGE);
  EXPECT_EQ(multirange.element().element().name(), "int4");
}

// A type with a cast to json, and composites that hold it in every way.
TEST_P(CatalogReaderTest, CastsThatToJsonWouldTakeAreTold) {
  Run("CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('sad', 'ok');"
      "CREATE DOMAIN feeling AS mood; CREATE TYPE moodrange AS RANGE (subtype = mood);"
      "CREATE TYPE one AS (a int, m mood); CREATE TYPE many AS (m mood[], a int);"
      "CREATE TYPE felt AS (f feeling); CREATE TYPE nested AS (a int, o many[]);"
      "CREATE TYPE neither AS (a int, r moodrange, h hstore, t text[]);"
      "CREATE TABLE t (one one, many many, felt felt, nested nested, ones one[], neither neither, "
      "mood "
      "mood)");
  const auto with_cast = [](const v1::Table& table) {
    std::vector<std::string> names;
    for (const v1::Column& column : table.columns()) {
      if (column.type().json_cast() || column.type().element().json_cast())
        names.push_back(column.name());
    }
    return names;
  };
  EXPECT_THAT(with_cast(Read()["public.t"]), IsEmpty());
  Run("CREATE FUNCTION lie(mood) RETURNS json LANGUAGE sql AS $$SELECT '1'::json$$;"
      "CREATE CAST (mood AS json) WITH FUNCTION lie(mood)");
  EXPECT_THAT(with_cast(Read()["public.t"]), ElementsAre("one", "many", "felt", "nested", "ones"));
  Run("DROP CAST (mood AS json); CREATE CAST (mood AS json) WITH INOUT");
  EXPECT_THAT(with_cast(Read()["public.t"]), IsEmpty());
}

TEST_P(CatalogReaderTest, TheCastOfAnExtensionToJsonbIsTold) {
  Run("CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE TABLE t (h hstore, c citext)");
  v1::Table table = Read()["public.t"];
  EXPECT_TRUE(table.columns(0).type().jsonb_cast());
  EXPECT_FALSE(table.columns(1).type().jsonb_cast());
  Run("ALTER EXTENSION hstore DROP CAST (hstore AS jsonb); DROP CAST (hstore AS jsonb)");
  EXPECT_FALSE(Read()["public.t"].columns(0).type().jsonb_cast());
  // A user's own may say anything.
  Run("CREATE CAST (hstore AS jsonb) WITH FUNCTION hstore_to_jsonb_loose(hstore)");
  EXPECT_FALSE(Read()["public.t"].columns(0).type().jsonb_cast());
}

TEST_P(CatalogReaderTest, TypesThatTheUserMayNotNameHaveNoBinaryForm) {
  Run("CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;"
      "CREATE TABLE t (c ext.citext, i int); GRANT SELECT ON t TO reader");
  EXPECT_TRUE(Read()["public.t"].columns(0).type().binary());
  const v1::Table table = Read("reader")["public.t"];
  EXPECT_FALSE(table.columns(0).type().binary());
  EXPECT_TRUE(table.columns(1).type().binary());
  Run("GRANT USAGE ON SCHEMA ext TO reader");
  EXPECT_TRUE(Read("reader")["public.t"].columns(0).type().binary());
}

TEST_P(GeneratedColumnsTest, StoredAndVirtualAreTold) {
  Run("CREATE TABLE t (a int, s int GENERATED ALWAYS AS (a * 2) STORED)");
  if (version() >= 18) Run("ALTER TABLE t ADD v int GENERATED ALWAYS AS (a * 3) VIRTUAL");
  const v1::Table table = Read()["public.t"];
  EXPECT_EQ(table.columns(0).generation(), v1::COLUMN_GENERATION_UNSPECIFIED);
  EXPECT_EQ(table.columns(1).generation(), v1::COLUMN_GENERATION_STORED);
  EXPECT_EQ(table.columns(1).default_expression(), "(a * 2)");
  if (version() < 18) return;
  EXPECT_EQ(table.columns(2).generation(), v1::COLUMN_GENERATION_VIRTUAL);
  EXPECT_EQ(table.columns(2).default_expression(), "(a * 3)");
}

TEST_P(CatalogReaderTest, ValuesThatOlderRowsGotAreToldWhateverTheDefaultIsNow) {
  Run("CREATE TABLE t (a int); INSERT INTO t VALUES (1);"
      "ALTER TABLE t ADD b int DEFAULT 7; ALTER TABLE t ALTER b DROP DEFAULT;"
      "ALTER TABLE t ADD c int; ALTER TABLE t ALTER c SET DEFAULT 7");
  const v1::Table table = Read()["public.t"];
  EXPECT_FALSE(table.columns(0).fills_older_rows());
  EXPECT_EQ(table.columns(1).fills_older_rows(), version() >= 11);
  EXPECT_FALSE(table.columns(2).fills_older_rows());
}

TEST_P(CatalogReaderTest, KeysAndIndexesAreTold) {
  Run("CREATE TABLE t (a int, b int, c text COLLATE \"C\", d text, e int NOT NULL, f int NOT NULL, "
      "g date, h numeric, updated_at timestamptz, PRIMARY KEY (b, a));"
      "CREATE UNIQUE INDEX u_nullable ON t (h, e); CREATE UNIQUE INDEX u_whole ON t (f, e);"
      "CREATE UNIQUE INDEX u_partial ON t (g) WHERE a > 0;"
      "CREATE UNIQUE INDEX u_expression ON t (e, (a + b));"
      "ALTER TABLE t ADD CONSTRAINT u_deferred UNIQUE (g, f) DEFERRABLE;"
      "CREATE INDEX ON t (c); CREATE INDEX ON t (d); CREATE INDEX ON t USING hash (a)");
  if (version() >= 11) Run("CREATE UNIQUE INDEX u_included ON t (e) INCLUDE (a)");
  const v1::Table table = Read()["public.t"];
  EXPECT_THAT(table.primary_key(), ElementsAre("b", "a"));
  if (version() >= 11) {
    EXPECT_THAT(Uniques(table),
                ElementsAre("u_included e identifies", "u_nullable h,e", "u_whole f,e identifies"));
  } else {
    EXPECT_THAT(Uniques(table), ElementsAre("u_nullable h,e", "u_whole f,e identifies"));
  }
  // The index of d is in its collation's order, which isn't that of text keys; a's hash is in none.
  EXPECT_THAT(Keys(table), ElementsAre("updated_at", "b indexed", "e indexed", "f indexed",
                                       "g indexed", "h indexed", "c indexed", "a", "d"));
}

TEST_P(CatalogReaderTest, InvalidIndexesDoNotCount) {
  Run("CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (1), (1)");
  EXPECT_FALSE(source_->Try("CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)").ok());
  const v1::Table table = Read()["public.t"];
  EXPECT_THAT(Uniques(table), IsEmpty());
  EXPECT_THAT(Keys(table), ElementsAre("a"));
}

TEST_P(CatalogReaderTest, EveryKindIsListedInOrderAndPartitionsOnce) {
  Run("CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER other FOREIGN DATA WRAPPER "
      "postgres_fdw;"
      "CREATE SCHEMA \"Zoo\"; CREATE TABLE \"Zoo\".b (i int); CREATE TABLE \"Zoo\".\"B\" (i int);"
      "CREATE TABLE plain (i int); CREATE VIEW v AS SELECT 1 AS one;"
      "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; CREATE TEMP TABLE hidden (i int);"
      "CREATE FOREIGN TABLE f (i int) SERVER other;"
      "CREATE TABLE parts (i int, j int) PARTITION BY RANGE (i);"
      "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);"
      "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (j);"
      "CREATE TABLE parts_2_1 PARTITION OF parts_2 FOR VALUES FROM (0) TO (10)");
  Tables tables = Read();
  EXPECT_THAT(order_, ElementsAre("Zoo.B", "Zoo.b", "public.f", "public.m", "public.parts",
                                  "public.plain", "public.v"));
  EXPECT_EQ(tables["public.plain"].kind(), v1::TABLE_KIND_TABLE);
  EXPECT_EQ(tables["public.v"].kind(), v1::TABLE_KIND_VIEW);
  EXPECT_EQ(tables["public.m"].kind(), v1::TABLE_KIND_MATERIALIZED_VIEW);
  EXPECT_EQ(tables["public.f"].kind(), v1::TABLE_KIND_FOREIGN_TABLE);
  EXPECT_EQ(tables["public.parts"].kind(), v1::TABLE_KIND_PARTITIONED_TABLE);
  EXPECT_EQ(tables["public.parts"].partitions(), 3u);
}

TEST_P(CatalogReaderTest, PartitionsAreSummed) {
  Run("CREATE TABLE parts (i int) PARTITION BY LIST (i);"
      "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);"
      "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2) PARTITION BY LIST (i);"
      "CREATE TABLE parts_2_1 PARTITION OF parts_2 FOR VALUES IN (2);"
      "CREATE TABLE plain (i int);"
      "INSERT INTO parts SELECT 1 + n % 2 FROM generate_series(1, 1000) AS n");
  Tables before = Read();
  EXPECT_EQ(before["public.parts"].row_estimate(), -1);
  EXPECT_EQ(before["public.plain"].row_estimate(), -1);
  Run("ANALYZE");
  Tables after = Read();
  EXPECT_EQ(after["public.parts"].row_estimate(), 1000);
  EXPECT_EQ(after["public.parts"].size_bytes(), source_->Int("SELECT pg_relation_size('parts_1') + "
                                                             "pg_relation_size('parts_2_1')"));
}

TEST_P(CatalogReaderTest, WhatIsKeptOutOfLineCounts) {
  Run("CREATE TABLE wide (i int, v text); ALTER TABLE wide ALTER v SET STORAGE EXTERNAL;"
      "INSERT INTO wide SELECT n, repeat('x', 100000) FROM generate_series(1, 20) n;"
      "CREATE TABLE parts (i int, v text) PARTITION BY LIST (i);"
      "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);"
      "ALTER TABLE parts_1 ALTER v SET STORAGE EXTERNAL;"
      "INSERT INTO parts SELECT 1, repeat('x', 100000) FROM generate_series(1, 20)");
  Run("VACUUM ANALYZE");
  Tables tables = Read();
  for (const std::string table : {"wide", "parts_1"}) {
    const std::string sizes = "pg_relation_size('" + table +
                              "') + pg_relation_size((SELECT "
                              "reltoastrelid FROM pg_class WHERE oid = '" +
                              table + "'::regclass))";
    EXPECT_EQ(tables[table == "wide" ? "public.wide" : "public.parts"].size_bytes(),
              source_->Int("SELECT " + sizes));
  }
  EXPECT_GT(tables["public.wide"].size_bytes(), 2000000);
}

TEST_P(CatalogReaderTest, InheritanceIsTold) {
  Run("CREATE SCHEMA s; CREATE TABLE s.mother (id int PRIMARY KEY, updated_at timestamptz NOT "
      "NULL);"
      "CREATE TABLE father (id int); CREATE TABLE child () INHERITS (s.mother, father)");
  Tables tables = Read();
  const v1::Table& child = tables["public.child"];
  ASSERT_EQ(child.inherits_size(), 2);
  EXPECT_EQ(child.inherits(0).schema(), "s");
  EXPECT_EQ(child.inherits(0).name(), "mother");
  EXPECT_EQ(child.inherits(1).name(), "father");
  EXPECT_EQ(child.partitions(), 0u);
  EXPECT_THAT(tables["s.mother"].recommendation().reason(), HasSubstr("inherit"));
}

TEST_P(CatalogReaderTest, PrivilegesOfTheUserAreRespected) {
  Run("CREATE TABLE open (id int); GRANT SELECT ON open TO reader;"
      "CREATE TABLE partly (id int PRIMARY KEY, secret text); GRANT SELECT (id) ON partly TO "
      "reader;"
      "CREATE TABLE shut (id int);"
      "CREATE SCHEMA hidden; CREATE TABLE hidden.t (id int); GRANT SELECT ON hidden.t TO reader");
  Tables tables = Read("reader");
  EXPECT_FALSE(tables["public.open"].has_obstacle());
  EXPECT_EQ(tables["public.open"].recommendation().method(), "FULL_TABLE");
  const v1::Table& partly = tables["public.partly"];
  EXPECT_FALSE(partly.has_obstacle());
  EXPECT_FALSE(partly.columns(0).has_obstacle());
  EXPECT_EQ(partly.columns(1).obstacle().reason(), "SOURCE_PERMISSION_DENIED");
  EXPECT_THAT(partly.columns(1).obstacle().message(),
              HasSubstr(R"(GRANT SELECT ("secret") ON "public"."partly" TO "reader")"));
  EXPECT_THAT(Keys(partly), ElementsAre("id indexed"));
  EXPECT_EQ(tables["public.shut"].obstacle().reason(), "SOURCE_PERMISSION_DENIED");
  EXPECT_FALSE(tables["public.shut"].has_recommendation());
  EXPECT_THAT(tables["hidden.t"].obstacle().message(),
              HasSubstr(R"(GRANT USAGE ON SCHEMA "hidden" TO "reader")"));
  // What the messages say helps.
  Run(R"(GRANT SELECT ("secret") ON "public"."partly" TO "reader";)"
      R"(GRANT SELECT ON "public"."shut" TO "reader"; GRANT USAGE ON SCHEMA "hidden" TO "reader")");
  for (const auto& [name, table] : Read("reader")) {
    EXPECT_FALSE(table.has_obstacle()) << name;
    for (const auto& column : table.columns()) EXPECT_FALSE(column.has_obstacle()) << name;
  }
}

TEST_P(CatalogReaderTest, RowSecurityStandsInTheWayOfWhomItFilters) {
  Run("CREATE TABLE t (id int); GRANT SELECT ON t TO reader;"
      "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id > 0)");
  EXPECT_FALSE(Read()["public.t"].has_obstacle());
  EXPECT_EQ(Read("reader")["public.t"].obstacle().reason(), "SOURCE_PERMISSION_DENIED");
  EXPECT_FALSE(Connect("reader").Execute("SELECT * FROM public.t").ok());
  Run("ALTER ROLE reader BYPASSRLS");
  EXPECT_FALSE(Read("reader")["public.t"].has_obstacle());
  Run("ALTER ROLE reader NOBYPASSRLS");
}

TEST_P(CatalogReaderTest, ViewsThatWereNeverFilledAreTold) {
  Run("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one WITH NO DATA");
  EXPECT_EQ(Read()["public.m"].obstacle().reason(), "SOURCE_VIEW_NOT_POPULATED");
  Run("REFRESH MATERIALIZED VIEW m");
  EXPECT_FALSE(Read()["public.m"].has_obstacle());
}

TEST_P(CatalogReaderTest, PseudoTypesAreListedWithTheReason) {
  // Only a server that lets its own catalogs be changed has such views.
  Run("CREATE VIEW v AS SELECT attname, most_common_vals FROM pg_stats");
  const v1::Table view = Read()["public.v"];
  EXPECT_FALSE(view.has_obstacle());
  EXPECT_FALSE(view.columns(0).has_obstacle());
  EXPECT_EQ(view.columns(1).obstacle().reason(), "COLUMN_UNSUPPORTED");
  EXPECT_EQ(view.columns(1).obstacle().message(), "values of type anyarray can't be read");
}

TEST_P(CatalogReaderTest, RecommendsByWhatItFinds) {
  Run("CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now());"
      "CREATE INDEX ON t (updated_at);"
      "CREATE VIEW v AS SELECT * FROM t");
  Tables tables = Read();
  EXPECT_EQ(tables["public.t"].recommendation().method(), "INCREMENTAL");
  EXPECT_EQ(tables["public.t"].recommendation().replication_key(), "updated_at");
  EXPECT_EQ(tables["public.v"].recommendation().method(), "FULL_TABLE");
}

TEST_P(CatalogReaderTest, OneTableReadsAsAmongAll) {
  Run("CREATE TABLE t (id int PRIMARY KEY, n numeric(4,1) DEFAULT 2 UNIQUE, updated_at timestamp);"
      "CREATE TABLE other (id int PRIMARY KEY)");
  const v1::Table among_all = Read()["public.t"];
  postgres::Connection connection = Connect("lockstitch");
  const auto transaction = postgres::Transaction::Begin(connection, kSnapshot);
  const int64_t oid = source_->Int("SELECT 't'::regclass::oid");
  for (int times = 0; times < 2; ++times) {
    const absl::StatusOr<v1::Table> alone = ReadTable(connection, oid);
    ASSERT_THAT(alone, IsOk());
    EXPECT_EQ(alone->DebugString(), among_all.DebugString());
  }
  EXPECT_EQ(connection.Query("SELECT count(*) FROM pg_catalog.pg_cursors")->Int(0, 0), 0);
  EXPECT_THAT(ReadTable(connection, 1), HasReason(Reason::kStreamNotFound));
}

// More rows than a cursor fetches at once, and a table that spans several fetches.
TEST_P(CatalogReaderTest, ManyTablesReadAsFew) {
  Run("DO $$ BEGIN FOR t IN 1..300 LOOP EXECUTE (SELECT format('CREATE TABLE t%s (%s)', t, "
      "string_agg(format('c%s int', n), ', ')) FROM generate_series(1, CASE WHEN t = 77 THEN 1500 "
      "ELSE t % 25 END) n); END LOOP; END $$");
  Tables tables = Read();
  ASSERT_EQ(tables.size(), 300u);
  for (int t = 1; t <= 300; ++t) {
    const v1::Table& table = tables[absl::StrCat("public.t", t)];
    const int columns = t == 77 ? 1500 : t % 25;
    ASSERT_EQ(table.columns_size(), columns) << t;
    for (int n = 1; n <= columns; ++n) ASSERT_EQ(table.columns(n - 1).name(), absl::StrCat("c", n));
  }
}

TEST_P(CatalogReaderTest, TheSinkMayEndIt) {
  Run("CREATE TABLE a (i int); CREATE TABLE b (i int)");
  postgres::Connection connection = Connect("lockstitch");
  const auto transaction = postgres::Transaction::Begin(connection, kSnapshot);
  int seen = 0;
  EXPECT_EQ(ReadTables(connection,
                       [&](v1::Table) {
                         ++seen;
                         return absl::AbortedError("enough");
                       })
                .message(),
            "enough");
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace lockstitch::schema

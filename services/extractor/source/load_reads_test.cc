#include "services/extractor/source/load_reads.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "postgres/copy_reader.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using ::testing::AllOf;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using ::testing::SizeIs;

class LoadReadsTest : public ::testing::TestWithParam<int> {
 protected:
  LoadReadsTest() {
    const testing::PostgresCluster& cluster = Cluster();
    static int number = 0;
    const std::string name = absl::StrCat("reads_", ++number);
    testing::MakeDatabase(cluster.Url("postgres"), name);
    source_ = std::make_unique<testing::Database>(cluster.Url(name));
    postgres::Connection::Options options = {.application_name = "test"};
    options.server.set_url(cluster.Url(name));
    connection_ = std::make_unique<postgres::Connection>(*postgres::Connection::Open(options));
    EXPECT_THAT(connection_->Execute("BEGIN"), IsOk());
  }

  static testing::PostgresCluster& Cluster() {
    static std::map<int, std::unique_ptr<testing::PostgresCluster>> clusters;
    auto& cluster = clusters[GetParam()];
    if (cluster == nullptr) {
      cluster = std::make_unique<testing::PostgresCluster>(
          testing::PostgresCluster::Options{.version = GetParam()});
    }
    return *cluster;
  }

  // Of `t (id int, k TYPE)`.
  void Describe(const std::string& type) {
    table_.Clear();
    plan_.Clear();
    table_.mutable_name()->set_schema("public");
    table_.mutable_name()->set_name("t");
    table_.set_kind(v1::TABLE_KIND_TABLE);
    for (const auto& [name, of] :
         {std::pair<std::string, std::string>("id", "int4"), {"k", type}}) {
      v1::Column* column = table_.add_columns();
      column->set_name(name);
      column->mutable_type()->set_name(of);
      v1::ColumnMapping* mapping = plan_.add_columns();
      mapping->set_source_column(name);
      mapping->set_wire_type(of);
    }
    plan_.add_ranges()->mutable_bounds()->set_lower("3");
  }

  absl::StatusOr<std::vector<RangeRead>> Changes(const std::string& filter = "") {
    return ReadChanges(*connection_, table_, plan_, FindReplicationKey(table_, "k"), filter);
  }

  // The keys that COPY gives, NULL as `-`.
  std::vector<std::string> Keys(const RangeQuery& query, const KeyField& field) {
    auto reader = postgres::CopyReader::Start(*connection_, CopyOf(query));
    EXPECT_THAT(reader, IsOk());
    std::vector<std::string> keys;
    while (true) {
      const auto tuple = reader->Next();
      if (!tuple.ok() || !*tuple) break;
      keys.push_back(KeyBytes(**tuple, field).value_or("-"));
    }
    return keys;
  }

  v1::Table table_;
  v1::LoadPlan plan_;
  std::unique_ptr<testing::Database> source_;
  std::unique_ptr<postgres::Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Versions, LoadReadsTest, ::testing::Values(10, 0, 18));

TEST_P(LoadReadsTest, ChangesComeInOrderWhereAnIndexGivesIt) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int); CREATE INDEX ON t (k);"
      "INSERT INTO t SELECT n, (n * 7919) % 1000 FROM generate_series(1, 2000) n; ANALYZE t");
  Describe("int4");
  const auto reads = Changes("id > 5");
  ASSERT_THAT(reads, IsOk());
  ASSERT_THAT(*reads, SizeIs(1));
  const RangeRead& read = reads->front();
  ASSERT_TRUE(read.ordered);
  EXPECT_EQ(read.ordered->field.number, 1u);
  EXPECT_FALSE(read.ordered->field.numeric);
  EXPECT_THAT(CopyOf(read.query),
              AllOf(HasSubstr("\"t\".\"k\" >= '3'::\"pg_catalog\".\"int4\" AND (\nid > 5\n)"),
                    HasSubstr("ORDER BY \"t\".\"k\")")));
  const std::vector<std::string> keys = Keys(read.query, read.ordered->field);
  EXPECT_THAT(keys, SizeIs(source_->Int("SELECT count(*) FROM t WHERE k >= 3 AND id > 5")));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_THAT(Keys(QueryPast(read, "990"), read.ordered->field),
              SizeIs(source_->Int("SELECT count(*) FROM t WHERE k > 990 AND id > 5")));
}

TEST_P(LoadReadsTest, ChangesAreNeverSorted) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int);"
      "INSERT INTO t SELECT n, n % 10 FROM generate_series(1, 100) n; ANALYZE t");
  Describe("int4");
  const auto reads = Changes();
  ASSERT_THAT(reads, IsOk());
  EXPECT_FALSE(reads->front().ordered);
  EXPECT_THAT(CopyOf(reads->front().query), Not(HasSubstr("ORDER")));
  EXPECT_THAT(Keys(reads->front().query, {.number = 1}), SizeIs(70));
  // And nothing is left that would keep other queries from sorting.
  EXPECT_EQ(connection_->Query("SHOW enable_sort")->Text(0, 0), "on");
}

TEST_P(LoadReadsTest, TextIsOrderedByItsBytesAlone) {
  source_->Run(
      "CREATE TABLE t (id int, k varchar COLLATE \"C\"); CREATE INDEX ON t (k);"
      "INSERT INTO t VALUES (1, 'a'), (2, 'B'), (3, '\u00e9'), (4, NULL), (5, 'Z')");
  Describe("varchar");
  plan_.mutable_ranges(0)->mutable_bounds()->set_lower("B");
  const auto reads = Changes();
  ASSERT_THAT(reads, IsOk());
  ASSERT_TRUE(reads->front().ordered);
  EXPECT_THAT(Keys(reads->front().query, {.number = 1}),
              ::testing::ElementsAre("B", "Z", "a", "\u00e9"));
}

TEST_P(LoadReadsTest, TextWithAnIndexByAnotherCollationIsNotOrdered) {
  source_->Run("CREATE TABLE t (id int, k text); CREATE INDEX ON t (k)");
  Describe("text");
  const auto reads = Changes();
  ASSERT_THAT(reads, IsOk());
  EXPECT_FALSE(reads->front().ordered);
}

TEST_P(LoadReadsTest, PartitionsAreMergedInOrder) {
  source_->Run(
      "CREATE TABLE t (id int, k int) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR "
      "VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);"
      "CREATE INDEX ON t1 (k); CREATE INDEX ON t2 (k);"
      "INSERT INTO t SELECT 1 + n % 2, n FROM generate_series(1, 100) n");
  Describe("int4");
  const auto reads = Changes();
  ASSERT_THAT(reads, IsOk());
  ASSERT_TRUE(reads->front().ordered);
  const std::vector<std::string> keys = Keys(reads->front().query, {.number = 1});
  EXPECT_THAT(keys, SizeIs(98));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST_P(LoadReadsTest, FirstLoadsReadThePlansRanges) {
  source_->Run(
      "CREATE TABLE t (id int, k numeric); INSERT INTO t VALUES (1, 1), (2, 5.0), (3, 5.00), (4, "
      "'NaN'), (5, NULL)");
  Describe("numeric");
  plan_.clear_ranges();
  const auto add = [&](uint32_t number, const char* lower, const char* upper, bool nulls) {
    v1::PlannedRange* range = plan_.add_ranges();
    range->set_number(number);
    if (*lower != '\0') range->mutable_bounds()->set_lower(lower);
    if (*upper != '\0') range->mutable_bounds()->set_upper(upper);
    range->mutable_bounds()->set_null_keys(nulls);
  };
  add(0, "", "5", false);
  add(1, "5", "", false);
  add(2, "", "", true);
  add(7, "5", "", true);
  plan_.mutable_ranges(3)->set_closing(true);
  const auto reads = ReadKeyRanges(table_, plan_, FindReplicationKey(table_, "k"), "");
  ASSERT_THAT(reads, IsOk());
  std::vector<size_t> sizes;
  for (const RangeRead& read : *reads) sizes.push_back(Keys(read.query, {.number = 1}).size());
  EXPECT_THAT(sizes, ::testing::ElementsAre(1, 3, 1, 4));
  EXPECT_EQ(reads->back().number, 7u);
  EXPECT_TRUE(reads->back().closing);
}

TEST_P(LoadReadsTest, KeysAreThoseOfEveryRowThatTheFilterShows) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k int); CREATE INDEX ON t (k);"
      "INSERT INTO t SELECT n, n FROM generate_series(1, 99) n; INSERT INTO t VALUES (100); "
      "ANALYZE "
      "t");
  Describe("int4");
  v1::PlannedRange* keys = plan_.add_ranges();
  keys->set_number(1);
  keys->set_keys(true);
  EXPECT_THAT(Changes(), HasReason(Reason::kProtocolViolated));
  *plan_.add_keys() = plan_.columns(0);
  const auto reads = Changes("id <> 7");
  ASSERT_THAT(reads, IsOk());
  ASSERT_THAT(*reads, SizeIs(2));
  EXPECT_TRUE(reads->front().ordered);
  const RangeRead& read = reads->back();
  EXPECT_EQ(read.number, 1u);
  EXPECT_TRUE(read.keys);
  EXPECT_TRUE(read.closing);
  EXPECT_FALSE(read.ordered);
  EXPECT_THAT(CopyOf(read.query), Not(HasSubstr("\"k\"")));
  EXPECT_THAT(Keys(read.query, {.number = 0}), SizeIs(99));
}

TEST_P(LoadReadsTest, APlanWithoutLowerBoundOrKeyIsNone) {
  source_->Run("CREATE TABLE t (id int, k int)");
  Describe("int4");
  plan_.mutable_ranges(0)->mutable_bounds()->clear_lower();
  EXPECT_THAT(Changes(), HasReason(Reason::kProtocolViolated));
  Describe("int4");
  plan_.mutable_columns()->RemoveLast();
  EXPECT_THAT(Changes(), HasReason(Reason::kProtocolViolated));
}

}  // namespace
}  // namespace lockstitch::extractor

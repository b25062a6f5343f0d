#include "services/extractor/source/full_table.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "postgres/session_pool.h"
#include "services/extractor/source/partitions.h"
#include "status/reason.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using testing::Database;
using testing::HasReason;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::SizeIs;

TEST(CutByBlocksTest, RangesMeetAndLeaveNothingOut) {
  const auto ranges = CutByBlocks(10, 3);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_FALSE(ranges[0].has_lower());
  EXPECT_EQ(ranges[0].upper(), "(3,0)");
  EXPECT_EQ(ranges[1].lower(), "(3,0)");
  EXPECT_EQ(ranges[1].upper(), "(6,0)");
  EXPECT_EQ(ranges[2].lower(), "(6,0)");
  EXPECT_FALSE(ranges[2].has_upper());
}

TEST(CutByBlocksTest, NoMoreRangesThanBlocks) {
  EXPECT_EQ(CutByBlocks(0, 4).size(), 1u);
  EXPECT_EQ(CutByBlocks(2, 4).size(), 2u);
  EXPECT_EQ(CutByBlocks(100, 0).size(), 1u);
}

TEST(BlockConditionTest, BoundsAreQuoted) {
  v1::RangeBounds bounds;
  EXPECT_EQ(BlockCondition(bounds), "");
  bounds.set_lower("(5,0)");
  EXPECT_EQ(BlockCondition(bounds), "ctid >= '(5,0)'::pg_catalog.tid");
  bounds.set_upper("(9,0)");
  EXPECT_EQ(BlockCondition(bounds),
            "ctid >= '(5,0)'::pg_catalog.tid AND ctid < '(9,0)'::pg_catalog.tid");
}

class CutTableTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { cluster_ = std::make_unique<testing::PostgresCluster>(); }
  static void TearDownTestSuite() { cluster_.reset(); }

  CutTableTest() {
    static int number = 0;
    const std::string name = absl::StrCat("cut", ++number);
    testing::MakeDatabase(cluster_->Url("postgres"), name);
    url_ = cluster_->Url(name);
    database_ = std::make_unique<Database>(url_);
  }

  postgres::Connection::Options OptionsOf(const std::string& user = "") const {
    postgres::Connection::Options options;
    options.server.set_url(url_);
    if (!user.empty()) options.server.set_user(user);
    return options;
  }

  Snapshot Take(const std::string& table) {
    v1::TableName name;
    name.set_schema("public");
    name.set_name(table);
    return *Snapshot::Take(*sessions_.Take(OptionsOf()), name, {});
  }

  // What each part of the table reads, by what tells rows apart, in any order.
  std::vector<std::string> RowsOf(Snapshot& snapshot, const std::vector<TablePart>& parts) {
    std::vector<std::string> rows;
    for (const TablePart& part : parts) {
      const std::string from = part.from.empty()
                                   ? absl::StrCat("public.", snapshot.table().name().name())
                                   : absl::StrCat("ONLY ", part.from);
      const auto read = snapshot.connection().Query(
          absl::StrCat("SELECT id FROM ", from,
                       part.condition.empty() ? "" : absl::StrCat(" WHERE ", part.condition)));
      EXPECT_THAT(read, IsOk());
      for (int row = 0; read.ok() && row < read->rows(); ++row)
        rows.push_back(read->String(row, 0));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  std::vector<std::string> AllRows(const std::string& table) {
    std::vector<std::string> rows = database_->List(absl::StrCat("SELECT id::text FROM ", table));
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  static std::unique_ptr<testing::PostgresCluster> cluster_;
  std::string url_;
  std::unique_ptr<Database> database_;
  postgres::SessionPool sessions_;
};

std::unique_ptr<testing::PostgresCluster> CutTableTest::cluster_;

TEST_F(CutTableTest, ATableIsCutByItsBlocks) {
  database_->Run("CREATE TABLE t AS SELECT n AS id FROM generate_series(1, 5000) n");
  Snapshot snapshot = Take("t");
  const auto parts = CutTable(snapshot, snapshot.table(), {.wanted = 5});
  ASSERT_THAT(parts, IsOk());
  EXPECT_THAT(*parts, SizeIs(5));
  EXPECT_EQ(RowsOf(snapshot, *parts), AllRows("t"));
  EXPECT_THAT(*CutTable(snapshot, snapshot.table(), {.sessions = 4}), SizeIs(1));
}

constexpr absl::string_view kPartitioned =
    "CREATE TABLE t (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
    "CREATE TABLE first PARTITION OF t FOR VALUES FROM (0) TO (10);"
    "CREATE TABLE \"the rest\" PARTITION OF t FOR VALUES FROM (10) TO (100) PARTITION BY LIST "
    "(day);"
    "CREATE TABLE second PARTITION OF \"the rest\" FOR VALUES IN (10, 11, 12);"
    "CREATE TABLE \"an other\" (day int NOT NULL, id int NOT NULL);"
    "ALTER TABLE \"the rest\" ATTACH PARTITION \"an other\" DEFAULT;"
    "CREATE TABLE none PARTITION OF t DEFAULT;"
    "INSERT INTO t SELECT n, n % 30 FROM generate_series(1, 9000) n";

TEST_F(CutTableTest, APartitionedTableIsCutByPartitionsAndTheirBlocks) {
  database_->Run(std::string(kPartitioned));
  Snapshot snapshot = Take("t");
  const auto parts = CutTable(snapshot, snapshot.table(), {.wanted = 8});
  ASSERT_THAT(parts, IsOk());
  EXPECT_GT(parts->size(), 5u);
  EXPECT_EQ(RowsOf(snapshot, *parts), AllRows("t"));
  // Of one range the server may rule out what the filter does.
  EXPECT_THAT(*CutTable(snapshot, snapshot.table(), {.wanted = 8, .filter = "day < 3"}), SizeIs(1));
}

TEST_F(CutTableTest, WhatThePartitionsOwnRightsRefuseIsReadThroughTheParent) {
  database_->Run(std::string(kPartitioned));
  database_->Run(
      "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA public TO reader; "
      "GRANT SELECT ON t TO reader");
  auto source = postgres::Connection::Open(OptionsOf("reader"));
  ASSERT_THAT(source, IsOk());
  v1::Table table;
  table.set_oid(static_cast<uint32_t>(database_->Int("SELECT 't'::regclass::oid")));
  const auto partitions_after = [&](const std::string& change) {
    database_->Run(change);
    EXPECT_THAT(source->Execute("BEGIN; LOCK TABLE public.t IN ACCESS SHARE MODE"), IsOk());
    const auto partitions = ReadPartitions(*source, table);
    EXPECT_THAT(partitions, IsOk());
    EXPECT_THAT(source->Execute("COMMIT"), IsOk());
    return *partitions;
  };
  EXPECT_THAT(partitions_after("SELECT 1"), IsEmpty());
  EXPECT_THAT(partitions_after("GRANT SELECT ON first, second, \"an other\", none TO reader"),
              SizeIs(4));
  EXPECT_THAT(partitions_after("ALTER TABLE second ENABLE ROW LEVEL SECURITY"), IsEmpty());
}

TEST_F(CutTableTest, APartitionThatTheLockDoesNotHoldIsNotRead) {
  database_->Run(std::string(kPartitioned));
  auto source = postgres::Connection::Open(OptionsOf());
  ASSERT_THAT(source, IsOk());
  ASSERT_THAT(source->Execute("BEGIN; LOCK TABLE ONLY public.t IN ACCESS SHARE MODE"), IsOk());
  v1::Table table;
  table.set_oid(static_cast<uint32_t>(database_->Int("SELECT 't'::regclass::oid")));
  EXPECT_THAT(ReadPartitions(*source, table), HasReason(Reason::kSourceTableChanged));
}

TEST_F(CutTableTest, AnOldServersTableIsCutByTheIntegerOfItsKey) {
  database_->Run(
      "CREATE TABLE t (id bigint PRIMARY KEY, v text);"
      "INSERT INTO t SELECT n * 1000 - 2000000, repeat('x', 100) FROM generate_series(1, 20000) n;"
      "INSERT INTO t VALUES (-9223372036854775808), (9223372036854775807);"
      "CREATE TABLE shuffled (id int PRIMARY KEY, v text);"
      "INSERT INTO shuffled SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n ORDER BY "
      "md5(n::text);"
      "ANALYZE");
  Snapshot snapshot = Take("t");
  const auto parts = CutByInteger(snapshot.connection(), snapshot.table(), 4);
  ASSERT_THAT(parts, IsOk());
  EXPECT_GE(parts->size(), 4u);
  EXPECT_EQ(RowsOf(snapshot, *parts), AllRows("t"));
  Snapshot shuffled = Take("shuffled");
  EXPECT_THAT(*CutByInteger(shuffled.connection(), shuffled.table(), 4), SizeIs(1));
}

}  // namespace
}  // namespace lockstitch::extractor

#include "services/extractor/source/key_ranges.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using ::testing::SizeIs;

// Each as `lower..upper`, with `+null` for what holds the rows without a key.
std::vector<std::string> Shown(const std::vector<v1::RangeBounds>& ranges) {
  std::vector<std::string> shown;
  for (const v1::RangeBounds& range : ranges)
    shown.push_back(
        absl::StrCat(range.lower(), "..", range.upper(), range.null_keys() ? "+null" : ""));
  return shown;
}

TEST(FirstLoadRangesTest, AsManyAsAskedForOrAsTheSizeNeeds) {
  constexpr int64_t kMiB = 1 << 20;
  EXPECT_EQ(FirstLoadRanges(0, 0), 1u);
  EXPECT_EQ(FirstLoadRanges(1023 * kMiB, 0), 1u);
  EXPECT_EQ(FirstLoadRanges(1024 * kMiB, 1), 2u);
  EXPECT_EQ(FirstLoadRanges(0, 4), 4u);
  EXPECT_EQ(FirstLoadRanges(0, 400), 32u);
  EXPECT_EQ(FirstLoadRanges(int64_t{1} << 50, 4), 32u);
}

TEST(CutAtBoundsTest, RangesMeetAndNullsAreApart) {
  EXPECT_THAT(Shown(CutAtBounds({"0", "1", "2", "3", "4"}, 2)),
              ElementsAre("..2", "2..", "..+null"));
  EXPECT_THAT(Shown(CutAtBounds({"0", "1", "2", "3", "4"}, 9)),
              ElementsAre("..1", "1..2", "2..3", "3..", "..+null"));
}

TEST(CutAtBoundsTest, WithoutABoundInBetweenEverythingIsOneRange) {
  for (const std::vector<std::string>& bounds : {std::vector<std::string>{}, {"1"}, {"1", "2"}})
    EXPECT_THAT(Shown(CutAtBounds(bounds, 4)), ElementsAre(".."));
  EXPECT_THAT(Shown(CutAtBounds({"1", "2", "3"}, 1)), ElementsAre(".."));
}

TEST(KeyConditionTest, OfEveryKindOfRange) {
  const schema::KeyOrder order("k", "text");
  v1::RangeBounds bounds;
  EXPECT_EQ(KeyCondition(order, bounds), "");
  bounds.set_null_keys(true);
  EXPECT_EQ(KeyCondition(order, bounds), "k COLLATE \"C\" IS NULL");
  bounds.set_lower("it's");
  EXPECT_EQ(KeyCondition(order, bounds),
            "(k COLLATE \"C\" >= 'it''s'::\"pg_catalog\".\"text\" OR k COLLATE \"C\" IS NULL)");
  bounds.set_null_keys(false);
  bounds.set_upper("z");
  EXPECT_EQ(KeyCondition(order, bounds),
            "k COLLATE \"C\" >= 'it''s'::\"pg_catalog\".\"text\" AND k COLLATE \"C\" < "
            "'z'::\"pg_catalog\".\"text\"");
}

class CutByKeyTest : public ::testing::Test {
 protected:
  CutByKeyTest() {
    static testing::PostgresCluster cluster;
    static int number = 0;
    const std::string name = absl::StrCat("ranges_", ++number);
    testing::MakeDatabase(cluster.Url("postgres"), name);
    source_ = std::make_unique<testing::Database>(cluster.Url(name));
    postgres::Connection::Options options = {.application_name = "test"};
    options.server.set_url(cluster.Url(name));
    connection_ = std::make_unique<postgres::Connection>(*postgres::Connection::Open(options));
  }

  // 1,000 rows and ten without a key.
  void Fill(const std::string& type, const std::string& value) {
    source_->Run("CREATE TABLE \"T t\" (k " + type + ")");
    source_->Run("INSERT INTO \"T t\" SELECT " + value + " FROM generate_series(1, 1000) n");
    source_->Run("INSERT INTO \"T t\" SELECT NULL FROM generate_series(1, 10)");
    source_->Run("ANALYZE \"T t\"");
  }

  std::vector<v1::RangeBounds> Cut(const std::string& type, bool indexed = true) {
    ReplicationKey key = {.column = "k",
                          .type = type,
                          .indexed = indexed,
                          .table = "public.\"T t\"",
                          .order = schema::KeyOrder("\"T t\".k", type)};
    key.stream.set_schema("public");
    key.stream.set_name("T t");
    EXPECT_THAT(connection_->Execute("BEGIN"), IsOk());
    const absl::StatusOr<std::vector<v1::RangeBounds>> ranges = CutByKey(*connection_, key, 4);
    EXPECT_THAT(connection_->Execute("COMMIT"), IsOk());
    EXPECT_THAT(ranges, IsOk());
    return ranges.ok() ? *ranges : std::vector<v1::RangeBounds>();
  }

  // How many rows each range holds.
  std::vector<int64_t> Count(const std::string& type, const std::vector<v1::RangeBounds>& ranges) {
    std::vector<int64_t> counts;
    for (const v1::RangeBounds& range : ranges) {
      counts.push_back(source_->Int("SELECT count(*) FROM \"T t\" WHERE " +
                                    KeyCondition(schema::KeyOrder("k", type), range)));
    }
    return counts;
  }

  std::unique_ptr<testing::Database> source_;
  std::unique_ptr<postgres::Connection> connection_;
};

TEST_F(CutByKeyTest, EveryTypeIsCutIntoLikePartsThatHoldEveryRow) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"int2", "n"},
      {"int8", "n * 1000000000000"},
      {"numeric", "n / 7.0"},
      {"timestamptz", "'2026-01-01'::timestamptz + n * '1 hour'::interval"},
      {"timestamp", "'2026-01-01'::timestamp + n * '1 hour'::interval"},
      {"date", "'2026-01-01'::date + n"},
      {"uuid", "md5(n::text)::uuid"},
      {"text", "CASE WHEN n % 2 = 0 THEN upper(md5(n::text)) ELSE md5(n::text) || '''\"{,' END"},
      {"varchar", "md5(n::text)"}};
  for (const auto& [type, value] : values) {
    source_->Run("DROP TABLE IF EXISTS \"T t\"");
    Fill(type, value);
    const bool is_text = type == "text" || type == "varchar";
    source_->Run(absl::StrCat("CREATE INDEX ON \"T t\" (k", is_text ? " COLLATE \"C\"" : "", ")"));
    const std::vector<v1::RangeBounds> ranges = Cut(type);
    const std::vector<int64_t> counts = Count(type, ranges);
    ASSERT_THAT(counts, SizeIs(5)) << type;
    EXPECT_EQ(counts.back(), 10) << type;
    int64_t rows = 0;
    for (const int64_t count : counts) rows += count;
    EXPECT_EQ(rows, 1010) << type;
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(counts[i], 250, 25) << type;
  }
}

TEST_F(CutByKeyTest, InfiniteBoundsAreNone) {
  Fill("timestamp",
       "CASE WHEN n > 5 THEN 'infinity' ELSE '2026-01-01'::timestamp + n * '1 day'::interval END");
  source_->Run("CREATE INDEX ON \"T t\" (k)");
  for (const v1::RangeBounds& range : Cut("timestamp")) EXPECT_NE(range.lower(), "infinity");
}

TEST_F(CutByKeyTest, WithoutIndexOrStatisticsItIsOneRange) {
  Fill("text", "md5(n::text)");
  source_->Run("CREATE INDEX ON \"T t\" (k)");  // By another collation.
  EXPECT_THAT(Shown(Cut("text")), ElementsAre(".."));
  source_->Run("DROP TABLE \"T t\"; CREATE TABLE \"T t\" (k int PRIMARY KEY)");
  EXPECT_THAT(Shown(Cut("int4")), ElementsAre(".."));
  source_->Run("INSERT INTO \"T t\" SELECT generate_series(1, 1000); ANALYZE \"T t\"");
  EXPECT_THAT(Shown(Cut("int4", /*indexed=*/false)), ElementsAre(".."));
  EXPECT_THAT(Cut("int4"), SizeIs(5));
}

}  // namespace
}  // namespace lockstitch::extractor

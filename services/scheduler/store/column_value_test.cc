#include "services/scheduler/store/column_value.h"

#include "gtest/gtest.h"
#include "lockstitch/v1/job.pb.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::scheduler {
namespace {

class ColumnValueTest : public ::testing::Test {
 protected:
  // What comes back of a parameter of the type.
  postgres::Result Back(const std::string& type, const postgres::Connection::Parameter& value) {
    postgres::Connection::Options options = {.side = postgres::Side::kCatalog,
                                             .application_name = "test"};
    options.server.set_url(Cluster().Url("postgres"));
    return *postgres::Connection::Open(options)->Query("SELECT $1::" + type, {value});
  }
  static testing::PostgresCluster& Cluster() {
    static testing::PostgresCluster cluster;
    return cluster;
  }
};

TEST_F(ColumnValueTest, TimesComeBackToTheMicrosecond) {
  for (const absl::Time time :
       {absl::FromUnixMicros(1'700'000'000'123'456), absl::FromUnixSeconds(1'700'000'000),
        absl::FromUnixMicros(1'700'000'000'100'000), absl::UnixEpoch(), absl::FromUnixMicros(-1),
        absl::InfiniteFuture(), absl::InfinitePast()}) {
    EXPECT_EQ(TimeAt(Back("timestamptz", TimeValue(time)), 0, 0), time) << time;
  }
  EXPECT_EQ(TimeAt(Back("timestamptz", TimeValue(std::nullopt)), 0, 0), std::nullopt);
}

TEST_F(ColumnValueTest, MessagesComeBackWhole) {
  v1::StreamRun run, back;
  run.set_run_id("r\\\"'\n");
  run.set_rows_deleted(-1);
  ASSERT_TRUE(ReadMessage(Back("bytea", MessageValue(run)), 0, 0, &back).ok());
  EXPECT_EQ(back.SerializeAsString(), run.SerializeAsString());
  ASSERT_TRUE(ReadMessage(Back("bytea", MessageValue(v1::StreamRun())), 0, 0, &back).ok());
  EXPECT_EQ(back.SerializeAsString(), "");
  EXPECT_FALSE(ReadMessage(Back("bytea", "\\xff"), 0, 0, &back).ok());
}

TEST_F(ColumnValueTest, ElementsOfArraysComeBackAsTheyAre) {
  ArrayValue array;
  const std::string texts[] = {"", "NULL", "a,b", "{}", "\"\\", "a\nb", "'", "ü"};
  for (const std::string& text : texts) array.Add(text);
  array.Add(std::nullopt);
  array.Add(std::string("a\0b", 3));
  const postgres::Result back =
      Back("text[] IS NOT NULL, e FROM unnest($1::text[]) e", array.text());
  ASSERT_EQ(back.rows(), 10);
  for (int row = 0; row < 8; ++row) EXPECT_EQ(back.Text(row, 1), texts[row]);
  EXPECT_TRUE(back.IsNull(8, 1));
  EXPECT_EQ(back.Text(9, 1), "ab");
  EXPECT_EQ(Back("text[]", ArrayValue().text()).Text(0, 0), "{}");
}

}  // namespace
}  // namespace lockstitch::scheduler

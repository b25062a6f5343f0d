#include "services/extractor/source/source_moment.h"

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using testing::Database;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::PostgresCluster;

postgres::Connection Connect(const std::string& url) {
  postgres::Connection::Options options = {.application_name = "test"};
  options.server.set_url(url);
  return *postgres::Connection::Open(options);
}

class SourceMomentTest : public ::testing::TestWithParam<int> {
 protected:
  static PostgresCluster& Cluster() {
    static std::map<int, std::unique_ptr<PostgresCluster>> clusters;
    auto& cluster = clusters[GetParam()];
    if (cluster == nullptr) {
      cluster = std::make_unique<PostgresCluster>(PostgresCluster::Options{
          .version = GetParam(), .settings = {"max_prepared_transactions = 2"}});
      Database(cluster->Url("postgres")).Run("CREATE ROLE reader LOGIN");
    }
    return *cluster;
  }

  SourceMomentTest() {
    static int number = 0;
    name_ = absl::StrCat("moment_", ++number);
    testing::MakeDatabase(Cluster().Url("postgres"), name_);
    writer_ = std::make_unique<Database>(Cluster().Url(name_));
    observer_ = std::make_unique<Database>(Cluster().Url(name_));
    writer_->Run("CREATE TABLE t (at timestamptz DEFAULT now())");
  }

  SourceMoment Read(const std::string& user = "lockstitch") {
    postgres::Connection source =
        Connect(absl::StrReplaceAll(Cluster().Url(name_), {{"user=lockstitch", "user=" + user}}));
    const absl::StatusOr<SourceMoment> moment = ReadSourceMoment(source);
    EXPECT_THAT(moment, IsOk());
    return moment.ok() ? *moment : SourceMoment();
  }

  bool Holds(const std::string& condition) { return observer_->Text("SELECT " + condition) == "t"; }
  static std::string Time(const std::string& text) { return "'" + text + "'::timestamptz"; }

  std::string name_;
  std::unique_ptr<Database> writer_;
  std::unique_ptr<Database> observer_;
};

INSTANTIATE_TEST_SUITE_P(Versions, SourceMomentTest, ::testing::Values(10, 0, 18));

TEST_P(SourceMomentTest, WithNobodyElseItIsASecondAgo) {
  const SourceMoment moment = Read();
  ASSERT_TRUE(moment.horizon) << moment.unknown;
  EXPECT_TRUE(Holds(Time(moment.clock) + " - " + Time(*moment.horizon) + " = '1 s'"));
  EXPECT_TRUE(Holds("now() - " + Time(moment.clock) + " BETWEEN '0' AND '1 min'"));
}

TEST_P(SourceMomentTest, AnOpenTransactionHoldsItBack) {
  writer_->Run("BEGIN");
  const std::string stamp = writer_->Text("INSERT INTO t DEFAULT VALUES RETURNING at");
  observer_->Await("SELECT clock_timestamp() > " + Time(stamp) + " + '2 s'");
  const SourceMoment moment = Read();
  ASSERT_TRUE(moment.horizon);
  EXPECT_TRUE(Holds(Time(*moment.horizon) + " <= " + Time(stamp))) << *moment.horizon << stamp;
  writer_->Run("COMMIT");
  EXPECT_TRUE(Holds(Time(*Read().horizon) + " > " + Time(stamp)));
}

TEST_P(SourceMomentTest, ExtractorsDoNotForTheyWriteNothing) {
  writer_->Run("SET application_name = 'lockstitch extractor 0a1b2c3d public.t'; BEGIN");
  const SourceMoment moment = Read();
  ASSERT_TRUE(moment.horizon) << moment.unknown;
  EXPECT_TRUE(Holds(Time(moment.clock) + " - " + Time(*moment.horizon) + " = '1 s'"));
  writer_->Run("ROLLBACK");
}

TEST_P(SourceMomentTest, AnotherDatabaseDoesNot) {
  Database other(Cluster().Url("postgres"));
  other.Run("BEGIN");
  const std::string stamp = other.Text("SELECT now()");
  observer_->Await("SELECT clock_timestamp() > " + Time(stamp) + " + '2 s'");
  EXPECT_TRUE(Holds(Time(*Read().horizon) + " > " + Time(stamp)));
}

TEST_P(SourceMomentTest, HiddenSessionsMakeItUnknown) {
  writer_->Run("BEGIN; SELECT 1");
  const SourceMoment moment = Read("reader");
  EXPECT_FALSE(moment.horizon);
  EXPECT_THAT(moment.unknown, HasSubstr("pg_read_all_stats"));
  writer_->Run("ROLLBACK");
  observer_->Run("GRANT pg_read_all_stats TO reader");
  EXPECT_TRUE(Read("reader").horizon);
  observer_->Run("REVOKE pg_read_all_stats FROM reader");
}

TEST_P(SourceMomentTest, APreparedTransactionOfTheDatabaseMakesItUnknown) {
  Database other(Cluster().Url("postgres"));
  other.Run("BEGIN; CREATE TABLE elsewhere (); PREPARE TRANSACTION 'elsewhere'");
  EXPECT_TRUE(Read().horizon);
  writer_->Run("BEGIN; INSERT INTO t DEFAULT VALUES; PREPARE TRANSACTION 'here'");
  EXPECT_THAT(Read().unknown, HasSubstr("prepared transaction"));
  writer_->Run("COMMIT PREPARED 'here'");
  other.Run("ROLLBACK PREPARED 'elsewhere'");
}

TEST_P(SourceMomentTest, SessionsThatShowNothingMakeItUnknown) {
  writer_->Run("SET track_activities = off");
  writer_->Run("BEGIN; INSERT INTO t DEFAULT VALUES");
  const SourceMoment moment = Read();
  EXPECT_FALSE(moment.horizon);
  EXPECT_THAT(moment.unknown, HasSubstr("track_activities"));
}

TEST(StandbyMomentTest, TellsHowFarItHasReplayed) {
  const PostgresCluster primary;
  Database writer(primary.Url("postgres"));
  writer.Run("CREATE TABLE t ()");
  const PostgresCluster standby({.primary = &primary});
  Database replica(standby.Url("postgres"));
  writer.Run("INSERT INTO t DEFAULT VALUES");
  replica.Await("SELECT count(*) = 1 FROM t");
  postgres::Connection source = Connect(standby.Url("postgres"));
  const absl::StatusOr<SourceMoment> moment = ReadSourceMoment(source);
  ASSERT_THAT(moment, IsOk());
  EXPECT_FALSE(moment->horizon);
  EXPECT_THAT(moment->unknown, HasSubstr("standby"));
  EXPECT_EQ(replica.Text("SELECT pg_last_xact_replay_timestamp()"), moment->clock);
}

}  // namespace
}  // namespace lockstitch::extractor

// Everything that users put on destination tables, over a table's second load and over one of
// changes, on the oldest, Debian's and the newest PostgreSQL.

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/destination/objects.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using testing::Database;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PostgresCluster;

constexpr auto kFullTable = v1::REPLICATION_METHOD_FULL_TABLE;
constexpr auto kIncremental = v1::REPLICATION_METHOD_INCREMENTAL;

// For {n}, which is the name of the object.
constexpr char kMake[] =
    "(id int PRIMARY KEY, v numeric, t text, d json, k int);"
    "INSERT INTO {n} SELECT n, n, repeat('t', n), '{\"a\": 1}', n FROM generate_series(1, 100) n";

// Ten rows less, ten others, ten more; one of those that are others has the same value in another
// form.
constexpr char kChange[] =
    "DELETE FROM {n} WHERE id <= 10;"
    "UPDATE {n} SET v = v + 1, k = k + 1000 WHERE id BETWEEN 11 AND 19; UPDATE {n} SET v = 20.00 "
    "WHERE id = 20;"
    "INSERT INTO {n} SELECT n, n, 'new', NULL, n FROM generate_series(101, 110) n";

class SurvivalTest : public ClustersTest,
                     public ::testing::WithParamInterface<std::tuple<int, v1::ReplicationMethod>> {
 protected:
  SurvivalTest() {
    static std::map<int, std::unique_ptr<PostgresCluster>> clusters;
    static int number = 0;
    const int version = std::get<0>(GetParam());
    std::unique_ptr<PostgresCluster>& cluster = clusters[version];
    if (!cluster) {
      cluster = std::make_unique<PostgresCluster>(PostgresCluster::Options{.version = version});
      Database(cluster->Url("postgres")).Run("CREATE ROLE reader");
    }
    const std::string name = absl::StrCat("survival_", ++number);
    testing::MakeDatabase(cluster->Url("postgres"), name);
    destination_url_ = cluster->Url(name);
    destination_ = std::make_unique<Database>(destination_url_);
    objects_ = UserObjects(static_cast<int>(destination_->Int("SHOW server_version_num")));
    for (const UserObject& object : objects_) {
      source_->Run(absl::StrCat("CREATE TABLE ", object.name, " ", SqlOf(object, kMake)));
    }
  }

  v1::Integration Integration() const {
    v1::Integration integration = IntegrationOf("s", source_url_, destination_url_);
    for (const UserObject& object : objects_) {
      v1::StreamSettings& stream = *integration.add_streams();
      stream.set_stream("public." + object.name);
      stream.set_method(std::get<1>(GetParam()));
      if (stream.method() == kIncremental) stream.set_replication_key("k");
    }
    return integration;
  }

  void RunJobOf(bool reset) {
    const JobOutcome outcome = RunJob(SharedStack(), Integration(), reset);
    ExpectSucceeded(outcome);
    merges_.clear();
    std::copy_if(outcome.log.begin(), outcome.log.end(), std::back_inserter(merges_),
                 [](const std::string& line) { return absl::StrContains(line, "merged"); });
  }

  std::string Oid(const UserObject& object) {
    return destination_->Text(SqlOf(object, "SELECT '{t}'::regclass::oid"));
  }
  static std::vector<std::string> Rows(Database& database, const std::string& table) {
    return database.List("SELECT ROW(id, v, t, d, k)::text FROM ONLY " + table + " ORDER BY id");
  }
  void ExpectAllHold() {
    for (const UserObject& object : objects_) {
      EXPECT_EQ(destination_->Text(SqlOf(object, object.holds)), "t") << object.name;
      EXPECT_EQ(Rows(*source_, object.name), Rows(*destination_, "s." + object.name))
          << object.name;
    }
  }

  static Stack& SharedStack() {
    static Stack stack;
    return stack;
  }

  std::vector<UserObject> objects_;
  std::vector<std::string> merges_;  // What the last job's log says of them.
};

std::string NameOf(const ::testing::TestParamInfo<SurvivalTest::ParamType>& info) {
  return absl::StrCat("Version", std::get<0>(info.param),
                      std::get<1>(info.param) == kFullTable ? "FullTable" : "Incremental");
}

TEST_P(SurvivalTest, OfWhatUsersHavePutOnTables) {
  RunJobOf(false);
  destination_->Run(
      "CREATE SCHEMA mine; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT INSERT ON TABLES TO reader");
  std::map<std::string, std::string> oids;
  for (const UserObject& object : objects_) {
    destination_->Run(SqlOf(object, object.make));
    source_->Run(SqlOf(object, kChange));
    oids[object.name] = Oid(object);
  }
  // An incremental stream is loaded anew.
  RunJobOf(true);
  ExpectAllHold();
  for (const UserObject& object : objects_) {
    if (object.why.empty()) {
      EXPECT_NE(Oid(object), oids[object.name]) << object.name;
      // What has become default since is for other tables.
      EXPECT_EQ(destination_->Text(
                    SqlOf(object, "SELECT has_table_privilege('reader', '{t}', 'INSERT')")),
                "f");
    } else {
      EXPECT_EQ(Oid(object), oids[object.name]) << object.name;
      EXPECT_THAT(merges_,
                  Contains(HasSubstr(absl::StrCat("merged into the table because ", object.why,
                                                  ": 10 rows deleted, 10 updated, 10 inserted"))));
    }
  }
  if (std::get<1>(GetParam()) == kFullTable) return;
  RunJobOf(false);
  ExpectAllHold();
  EXPECT_THAT(merges_, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, SurvivalTest,
                         ::testing::Combine(::testing::Values(10, 15, 18),
                                            ::testing::Values(kFullTable, kIncremental)),
                         NameOf);

}  // namespace
}  // namespace lockstitch::tests

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// `lockstitch discover` over a small shop.
class DiscoverCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new testing::PostgresCluster;
    testing::MakeDatabase(cluster_->Url("postgres"), "shop");
    testing::Database(cluster_->Url("shop"))
        .Run(
            "CREATE TABLE orders (id bigint PRIMARY KEY, code text UNIQUE, updated_at timestamptz "
            "NOT NULL DEFAULT now()); CREATE INDEX ON orders (updated_at);"
            "COMMENT ON COLUMN orders.code IS 'As printed';"
            "INSERT INTO orders SELECT n, 'c' || n FROM generate_series(1, 20000) AS n;"
            "ANALYZE orders;"
            "CREATE TABLE \"odd.name\" (id int);"
            "CREATE MATERIALIZED VIEW empty AS SELECT 1 AS one WITH NO DATA");
  }
  static void TearDownTestSuite() { delete cluster_; }

  static CommandResult Discover(const std::vector<std::string>& arguments,
                                const std::string& database = "shop") {
    std::vector<std::string> command = {"cli/lockstitch", "discover", "--source",
                                        cluster_->Url(database)};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return testing::RunCommand({.command = command});
  }

  static testing::PostgresCluster* cluster_;
};

testing::PostgresCluster* DiscoverCommandTest::cluster_;

TEST_F(DiscoverCommandTest, ListsStreamsWithWhatIsBest) {
  const CommandResult result = Discover({});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("~20,000"));
  EXPECT_THAT(result.out, HasSubstr("INCREMENTAL by updated_at"));
  EXPECT_THAT(result.out, HasSubstr("public.empty: SOURCE_VIEW_NOT_POPULATED\n"));
  EXPECT_THAT(result.out, HasSubstr("public.\"odd.name\""));
}

TEST_F(DiscoverCommandTest, TellsMoreOfOneStream) {
  const CommandResult result = Discover({"--stream", "orders"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("public.orders: table, ~20,000 rows"));
  EXPECT_THAT(result.out, HasSubstr("updated_at  timestamp with time zone  no        now()"));
  EXPECT_THAT(result.out, HasSubstr("As printed"));
  EXPECT_THAT(result.out, HasSubstr("Unique index orders_code_key: code (NULLs are not unique)"));
  EXPECT_THAT(result.out, HasSubstr("  updated_at: tracks updates, indexed\n  id: indexed\n"));
  EXPECT_THAT(result.out, HasSubstr("Recommended: INCREMENTAL by updated_at\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("empty")));
  EXPECT_THAT(Discover({"--stream", "public.\"odd.name\""}).out,
              HasSubstr("public.\"odd.name\": table"));
}

TEST_F(DiscoverCommandTest, JsonHasEveryStreamOrTheOne) {
  const auto all = nlohmann::json::parse(Discover({"--output=json"}).out);
  std::vector<std::string> names;
  for (const auto& stream : all["streams"]) names.push_back(stream["stream"]);
  EXPECT_THAT(names, ElementsAre("public.empty", "public.\"odd.name\"", "public.orders"));
  EXPECT_FALSE(all.contains("error"));
  const auto one =
      nlohmann::json::parse(Discover({"--output=json", "--stream", "public.orders"}).out);
  ASSERT_EQ(one["streams"].size(), 1u);
  EXPECT_EQ(one["streams"][0], all["streams"][2]);
  EXPECT_EQ(one["streams"][0]["columns"][1]["comment"], "As printed");
}

TEST_F(DiscoverCommandTest, AnUnknownStreamIsAFailure) {
  const CommandResult text = Discover({"--stream", "public.nothing"});
  EXPECT_EQ(text.status, 1);
  EXPECT_THAT(text.err, HasSubstr("STREAM_NOT_FOUND"));
  const CommandResult json = Discover({"--stream", "public.nothing", "--output=json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(nlohmann::json::parse(json.out)["error"]["reason"], "STREAM_NOT_FOUND");
  EXPECT_EQ(Discover({"--stream", "a.b.c"}).status, 2);
}

TEST_F(DiscoverCommandTest, AnEmptyDatabaseIsNoFailure) {
  testing::MakeDatabase(cluster_->Url("postgres"), "bare");
  const CommandResult text = Discover({}, "bare");
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, HasSubstr("no table or view"));
  const CommandResult json = Discover({"--output=json"}, "bare");
  EXPECT_EQ(json.status, 0);
  EXPECT_EQ(nlohmann::json::parse(json.out)["streams"].size(), 0u);
}

}  // namespace
}  // namespace lockstitch::tests

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Sources that hold bytes which are no text: the third row of each table.
class FailedRowsTest : public ClustersTest {
 protected:
  FailedRowsTest() {
    source_->Run(
        "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
        "template0");
    ascii_url_ = SourceCluster().Url("ascii");
    ascii_ = std::make_unique<testing::Database>(ascii_url_);
    ascii_->Run("SET client_encoding = 'SQL_ASCII'");
  }
  ~FailedRowsTest() override {
    ascii_.reset();
    source_->Run("DROP DATABASE ascii");
  }

  v1::Error ErrorOf(const std::string& stream, const std::string& filter = "") {
    v1::Integration integration = IntegrationOf("s", ascii_url_, destination_url_, {stream});
    integration.mutable_streams(0)->set_filter(filter);
    return RunJob(stack_, integration).stream("public." + stream).error();
  }

  static constexpr char kRows[] = "VALUES (10, 'a'), (20, 'b'), (30, E'\\xff'), (40, 'd')";
  std::string ascii_url_;
  std::unique_ptr<testing::Database> ascii_;
  Stack stack_;
};

TEST_F(FailedRowsTest, AreNamedByTheirKey) {
  ascii_->Run(std::string("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t ") + kRows);
  const v1::Error error = ErrorOf("t");
  EXPECT_EQ(error.reason(), "SOURCE_VALUE_INVALID");
  EXPECT_THAT(error.message(), HasSubstr("the row is id=30"));
  EXPECT_THAT(ErrorOf("t", "id > 10 OR lower(v) = 'x'").message(), HasSubstr("the row is id=30"));
}

TEST_F(FailedRowsTest, AreNamedByTheirPlaceWithoutAKey) {
  ascii_->Run(
      std::string("CREATE TABLE t (id int, v text); INSERT INTO t ") + kRows +
      "; CREATE MATERIALIZED VIEW m AS SELECT * FROM t; CREATE TABLE p (id int, v text) PARTITION "
      "BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (15); CREATE TABLE p2 "
      "PARTITION OF p FOR VALUES FROM (15) TO (50); INSERT INTO p " +
      kRows);
  EXPECT_THAT(ErrorOf("t").message(), HasSubstr("the row is ctid=(0,3)"));
  EXPECT_THAT(ErrorOf("m").message(), HasSubstr("the row is ctid=(0,3)"));
  EXPECT_THAT(ErrorOf("p").message(), HasSubstr("the row is tableoid=public.p2, ctid=(0,2)"));
}

// Before 14 a table is cut by its key, and read through its index. The rows lie in another order.
TEST_F(FailedRowsTest, AreNamedInRangesOfAKey) {
  testing::PostgresCluster cluster({.version = 13});
  testing::Database(cluster.Url("postgres"))
      .Run(
          "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
          "template0");
  testing::Database old(cluster.Url("ascii"));
  old.Run("SET client_encoding = 'SQL_ASCII'");
  old.Run(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n # 1, CASE WHEN n # 1 = "
      "7001 THEN "
      "E'\\xff' ELSE repeat('x', 200) END FROM generate_series(0, 9999) n; ANALYZE t");
  v1::Integration integration =
      IntegrationOf("s", cluster.Url("ascii"), destination_url_, {"t"}, 8);
  const v1::Error error = RunJob(stack_, integration).stream("public.t").error();
  EXPECT_EQ(error.reason(), "SOURCE_VALUE_INVALID");
  EXPECT_THAT(error.message(), HasSubstr("the row is id=7001"));
}

// Rather none than a wrong one.
TEST_F(FailedRowsTest, AreNotNamedWhereTheOrderIsNotSure) {
  ascii_->Run(std::string("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t ") + kRows +
              "; CREATE VIEW w AS SELECT * FROM t ORDER BY id DESC");
  for (const v1::Error& error : {ErrorOf("w"), ErrorOf("t", "id = 30 OR random() < 0.5")}) {
    EXPECT_EQ(error.reason(), "SOURCE_VALUE_INVALID");
    EXPECT_THAT(error.message(), Not(HasSubstr("the row is")));
  }
}

TEST_F(FailedRowsTest, FiltersThatDoNotWorkAreSaidToAndNotTriedAgain) {
  ascii_->Run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x')");
  v1::Integration integration = IntegrationOf("s", ascii_url_, destination_url_, {"t"});
  for (const char* filter : {"id", "id = v", "no_such_function(id)", "other.id = 1"}) {
    integration.mutable_streams(0)->set_filter(filter);
    const v1::StreamRun run = RunJob(stack_, integration).stream("public.t");
    EXPECT_EQ(run.error().reason(), "FILTER_INVALID") << filter;
    EXPECT_EQ(run.attempts(), 1u) << filter;
  }
}

}  // namespace
}  // namespace lockstitch::tests

// Poolers in the way.

#include <string>

#include "gtest/gtest.h"
#include "testing/pg_bouncer.h"
#include "testing/postgres_cluster.h"
#include "tests/connections/steps.h"

namespace lockstitch::tests {
namespace {

using testing::PgBouncer;
using testing::PostgresCluster;

PostgresCluster& Cluster() {
  static PostgresCluster cluster;
  return cluster;
}

v1::CheckStep Pooler(const std::string& url) {
  const Steps steps = CheckSource(ByUrl(url));
  // What doesn't need a session of its own goes on.
  EXPECT_THAT(Step(steps, "connections"), Passes("left"));
  EXPECT_THAT(Step(steps, "clock"), Passes(""));
  return Step(steps, "pooler");
}

TEST(PoolerTest, TheServerItself) {
  EXPECT_THAT(Pooler(Cluster().Url("postgres")), Passes("none"));
}

TEST(PoolerTest, SessionModeIsSaid) {
  const PgBouncer pooler(Cluster(), "session");
  EXPECT_THAT(Pooler(pooler.Url("postgres")), Warns("session mode"));
}

TEST(PoolerTest, TransactionAndStatementModeAreRefused) {
  const PgBouncer transaction(Cluster(), "transaction");
  EXPECT_THAT(Pooler(transaction.Url("postgres")), Fails(Reason::kConnectionPooled));
  const PgBouncer statement(Cluster(), "statement");
  EXPECT_THAT(Pooler(statement.Url("postgres")), Fails(Reason::kConnectionPooled));
}

TEST(PoolerTest, AtADestinationToo) {
  const PgBouncer pooler(Cluster(), "transaction");
  EXPECT_THAT(Step(CheckDestination(ByUrl(pooler.Url("postgres"))), "pooler"),
              Fails(Reason::kConnectionPooled));
}

}  // namespace
}  // namespace lockstitch::tests

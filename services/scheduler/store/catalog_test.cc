#include "services/scheduler/store/catalog.h"

#include "gmock/gmock.h"
#include "testing/database.h"
#include "testing/pg_bouncer.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::StartsWith;

v1::PostgresConnection At(const std::string& url, bool session_pooler = false) {
  v1::PostgresConnection server;
  server.set_url(url);
  server.set_session_pooler(session_pooler);
  return server;
}

TEST(CatalogTest, ItIsMadeOnceAndOpenedAgain) {
  testing::PostgresCluster cluster;
  ASSERT_THAT(Catalog::Open(At(cluster.Url("postgres"))), IsOk());
  testing::Database(cluster.Url("postgres"))
      .Run("UPDATE lockstitch.leadership SET holder = 'somebody'");
  ASSERT_THAT(Catalog::Open(At(cluster.Url("postgres"))), IsOk());
  EXPECT_EQ(
      testing::Database(cluster.Url("postgres")).Text("SELECT holder FROM lockstitch.leadership"),
      "somebody");
}

TEST(CatalogTest, SessionsAreKeptAndOutliveARestartOfTheServer) {
  testing::PostgresCluster cluster;
  const std::unique_ptr<Catalog> catalog = *Catalog::Open(At(cluster.Url("postgres")));
  const int first = (*catalog->Session())->backend_pid();
  EXPECT_EQ((*catalog->Session())->backend_pid(), first);
  cluster.Crash();
  absl::StatusOr<postgres::SessionPool::Lease> session = catalog->Session();
  ASSERT_THAT(session, IsOk());
  EXPECT_THAT((*session)->Execute("SELECT FROM lockstitch.leadership"), IsOk());
  EXPECT_NE((*session)->backend_pid(), first);
}

TEST(CatalogTest, AnOldServerIsRefused) {
  testing::PostgresCluster cluster({.version = 13});
  EXPECT_THAT(Catalog::Open(At(cluster.Url("postgres"))), HasReason(Reason::kCatalogUnsupported));
}

TEST(CatalogTest, APoolerIsRefusedUnlessItKeepsSessions) {
  testing::PostgresCluster cluster;
  testing::PgBouncer transaction(cluster, "transaction");
  testing::PgBouncer session(cluster, "session");
  for (const bool said : {false, true}) {
    EXPECT_THAT(Catalog::Open(At(transaction.Url("postgres"), said)),
                HasReason(Reason::kConnectionPooled));
  }
  EXPECT_THAT(Catalog::Open(At(session.Url("postgres"))), HasReason(Reason::kConnectionPooled));
  EXPECT_THAT(Catalog::Open(At(session.Url("postgres"), true)), IsOk());
}

TEST(CatalogTest, WhereItIsOutOfReachTheErrorSaysWhichDatabase) {
  const absl::Status status =
      Catalog::Open(At("postgres://u@localhost:1/db?connect_timeout=5")).status();
  EXPECT_THAT(status, HasReason(Reason::kHostUnreachable));
  EXPECT_THAT(std::string(status.message()), StartsWith("catalog: "));
}

}  // namespace
}  // namespace lockstitch::scheduler

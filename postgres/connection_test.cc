#include "postgres/connection.h"

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "postgres/sqlstate.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::postgres {
namespace {

using testing::HasReason;

// Sessions that end.
class ConnectionTest : public ::testing::Test {
 protected:
  static testing::PostgresCluster& Cluster() {
    static testing::PostgresCluster& cluster = *new testing::PostgresCluster;
    return cluster;
  }
  static Connection Open(absl::Duration patience = absl::InfiniteDuration()) {
    Connection::Options options = {
        .side = Side::kSource, .application_name = "test", .patience = patience};
    options.server.set_url(Cluster().Url("postgres"));
    return *Connection::Open(options);
  }

  void End(const Connection& connection) {
    database_.Run(absl::StrCat("SELECT pg_terminate_backend(", connection.backend_pid(), ")"));
  }

  testing::Database database_{Cluster().Url("postgres")};
};

TEST_F(ConnectionTest, WhatTheServerEndsIsGoneUnasked) {
  Connection connection = Open();
  EXPECT_FALSE(connection.gone());
  End(connection);
  while (!connection.gone()) std::this_thread::yield();
  const absl::Status ended = connection.Execute("SELECT 1");
  EXPECT_THAT(ended, HasReason(Reason::kConnectionLost));
  EXPECT_EQ(SqlStateOf(ended), "57P01");
  EXPECT_TRUE(connection.gone());
}

TEST_F(ConnectionTest, WhatWasInterruptedHereIsNotGone) {
  Connection connection = Open();
  connection.Interrupt();
  EXPECT_FALSE(connection.gone());
  EXPECT_THAT(connection.Execute("SELECT 1"), HasReason(Reason::kConnectionLost));
  EXPECT_FALSE(connection.gone());
}

TEST_F(ConnectionTest, WhoDoesNotAnswerInTimeIsGivenUp) {
  Connection connection = Open(/*patience=*/absl::Milliseconds(10));
  database_.Run("BEGIN; LOCK pg_catalog.pg_auth_members");
  EXPECT_THAT(connection.Execute("SELECT count(*) FROM pg_auth_members"),
              HasReason(Reason::kConnectionLost));
  database_.Run("COMMIT");
}

TEST_F(ConnectionTest, WhoHasBeenGivenUpIsNotAwaitedForEachOtherAnswer) {
  Connection connection = Open(/*patience=*/absl::Milliseconds(100)),
             patient = Open(/*patience=*/absl::Seconds(5));
  const Connection::Statement count = {"SELECT count(*) FROM pg_auth_members"};
  database_.Run("BEGIN; LOCK pg_catalog.pg_auth_members");
  absl::Notification given_up;
  std::thread other([&] {
    EXPECT_THAT(patient.Query(count), HasReason(Reason::kConnectionLost));
    given_up.Notify();
  });
  EXPECT_THAT(connection.QueryAll(std::vector(100, count)), HasReason(Reason::kConnectionLost));
  EXPECT_FALSE(given_up.HasBeenNotified());
  other.join();
  database_.Run("COMMIT");
}

}  // namespace
}  // namespace lockstitch::postgres

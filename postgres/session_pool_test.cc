#include "postgres/session_pool.h"

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "postgres/transaction.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::postgres {
namespace {

using Lease = SessionPool::Lease;

// Long enough for every test.
constexpr SessionPool::Options kPatient = {.idle = absl::Hours(1), .life = absl::Hours(1)};

class SessionPoolTest : public ::testing::Test {
 protected:
  SessionPoolTest() : database_(Cluster().Url("postgres")) {}

  static testing::PostgresCluster& Cluster() {
    static testing::PostgresCluster& cluster = *new testing::PostgresCluster;
    return cluster;
  }
  static Connection::Options Destination() {
    Connection::Options options = {.side = Side::kDestination, .application_name = "pool test"};
    options.server.set_url(Cluster().Url("postgres"));
    return options;
  }
  Lease Take(SessionPool& pool) { return *pool.Take(Destination()); }
  int OnceUsed(SessionPool& pool) { return Take(pool)->backend_pid(); }
  void AwaitEnd(int backend) {
    database_.Await(
        absl::StrCat("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ", backend, ")"));
  }
  static std::string Text(const Lease& session, const std::string& sql) {
    return session->Query(sql)->String(0, 0);
  }

  testing::Database database_;
};

TEST_F(SessionPoolTest, KeepsASessionForTheNext) {
  SessionPool pool(kPatient);
  const int first = OnceUsed(pool);
  EXPECT_EQ(OnceUsed(pool), first);
}

TEST_F(SessionPoolTest, NeverLendsASessionTwice) {
  SessionPool pool(kPatient);
  Lease one = Take(pool), other = Take(pool);
  EXPECT_NE(one->backend_pid(), other->backend_pid());
}

TEST_F(SessionPoolTest, WhoeverWantsMoreThanTheMostWaits) {
  SessionPool::Options options = kPatient;
  options.most_used = 1;
  SessionPool pool(options);
  std::optional<Lease> one = Take(pool);
  const int first = (*one)->backend_pid();
  std::atomic<bool> had = false;
  std::thread other([&] {
    EXPECT_EQ(OnceUsed(pool), first);
    had = true;
  });
  EXPECT_FALSE(had);
  one.reset();
  other.join();
  EXPECT_EQ(OnceUsed(pool), first);
}

TEST_F(SessionPoolTest, WithoutRenewalASessionStaysAsItIsAndIsTakenWhileItLives) {
  SessionPool::Options options = kPatient;
  options.renew = false;
  SessionPool pool(options);
  int first = 0;
  {
    Lease session = Take(pool);
    first = session->backend_pid();
    ASSERT_TRUE(session->Execute("SET work_mem = '5MB'").ok());
  }
  EXPECT_EQ(Text(Take(pool), "SHOW work_mem"), "5MB");
  EXPECT_EQ(OnceUsed(pool), first);
  database_.Run(absl::StrCat("SELECT pg_terminate_backend(", first, ")"));
  AwaitEnd(first);
  EXPECT_NE(OnceUsed(pool), first);
}

TEST_F(SessionPoolTest, OthersThanTheWholeConnectionAgreesInGetTheirOwn) {
  SessionPool pool(kPatient);
  const int first = OnceUsed(pool);
  database_.Run("CREATE ROLE other_user LOGIN SUPERUSER PASSWORD 'another'");
  Connection::Options user = Destination(), url = Destination(), side = Destination(),
                      settings = Destination();
  url.server.set_url(absl::StrCat(url.server.url(), "&connect_timeout=20"));
  user.server.set_user("other_user");
  user.server.set_password("another");
  user.server.set_url("");
  user.server.set_host(Cluster().socket_folder());
  user.server.set_database("postgres");
  side.side = Side::kSource;
  settings.settings = {{"work_mem", "5MB"}};
  for (const Connection::Options& options : {user, url, side, settings}) {
    absl::StatusOr<Lease> session = pool.Take(options);
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_NE((*session)->backend_pid(), first);
  }
  EXPECT_EQ(Text(*pool.Take(user), "SELECT current_user"), "other_user");
  EXPECT_EQ(OnceUsed(pool), first);
}

TEST_F(SessionPoolTest, ShowsTheNameOfWhoUsesIt) {
  SessionPool pool(kPatient);
  const int first = OnceUsed(pool);
  Connection::Options options = Destination();
  options.application_name = "lockstitch loader 'quoted'";
  Lease session = *pool.Take(options);
  EXPECT_EQ(session->backend_pid(), first);
  EXPECT_EQ(database_.Text(
                absl::StrCat("SELECT application_name FROM pg_stat_activity WHERE pid = ", first)),
            options.application_name);
}

TEST_F(SessionPoolTest, NothingOfAnEarlierUserIsLeft) {
  SessionPool pool(kPatient);
  const std::string settings =
      "SELECT string_agg(name || '=' || setting, ',' ORDER BY name) FROM pg_settings";
  int first = 0;
  std::string fresh;
  {
    Lease session = Take(pool);
    first = session->backend_pid();
    fresh = Text(session, settings);
    ASSERT_TRUE(
        session
            ->Execute("SET search_path = public; SET statement_timeout = 60000; SET work_mem = "
                      "'7MB'; SET default_transaction_read_only = on;"
                      "SET ROLE pg_read_all_stats; SELECT pg_advisory_lock(7)")
            .ok());
    ASSERT_TRUE(session->Execute("SET default_transaction_read_only = off").ok());
    ASSERT_TRUE(session
                    ->Execute("RESET ROLE; CREATE TEMPORARY TABLE left_behind (); DECLARE kept "
                              "CURSOR WITH HOLD FOR SELECT 1; SET ROLE pg_read_all_stats")
                    .ok());
  }
  Lease session = Take(pool);
  ASSERT_EQ(session->backend_pid(), first);
  EXPECT_EQ(Text(session, settings), fresh);
  EXPECT_EQ(Text(session, "SELECT current_user"), "lockstitch");
  EXPECT_EQ(Text(session, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
  EXPECT_EQ(Text(session, "SELECT to_regclass('pg_temp.left_behind') IS NULL"), "t");
  EXPECT_EQ(Text(session, "SELECT count(*) FROM pg_cursors"), "0");
}

TEST_F(SessionPoolTest, SettingsOfTheOptionsComeBack) {
  SessionPool pool(kPatient);
  Connection::Options options = Destination();
  options.settings = {{"idle_in_transaction_session_timeout", "10s"}};
  for (int use = 0; use < 2; ++use) {
    Lease session = *pool.Take(options);
    EXPECT_EQ(Text(session, "SHOW idle_in_transaction_session_timeout"), "10s");
    EXPECT_TRUE(session->Execute("SET idle_in_transaction_session_timeout = '1h'").ok());
  }
}

TEST_F(SessionPoolTest, WhatIsAskedAgainIsPreparedAndStaysSo) {
  SessionPool pool(kPatient);
  const auto ask = [&] {
    Lease session = Take(pool);
    EXPECT_EQ(session->Query("SELECT $1::int + 1", {"41"})->Int(0, 0), 42);
    return Text(session,
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%$1::int + 1'");
  };
  EXPECT_EQ(ask(), "0");
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ask(), "1");
}

TEST_F(SessionPoolTest, ASessionInATransactionIsClosed) {
  SessionPool pool(kPatient);
  int first = 0;
  {
    Lease session = Take(pool);
    first = session->backend_pid();
    ASSERT_TRUE(session->Execute("BEGIN").ok());
  }
  EXPECT_NE(OnceUsed(pool), first);
  {
    Lease session = Take(pool);
    first = session->backend_pid();
    ASSERT_TRUE(session->Execute("BEGIN").ok());
    ASSERT_FALSE(session->Execute("SELECT 1 / 0").ok());
  }
  EXPECT_NE(OnceUsed(pool), first);
}

TEST_F(SessionPoolTest, AfterAFailureNoneOfItsKindIsUsed) {
  SessionPool pool(kPatient);
  int first = 0, other = 0;
  {
    Lease failing = Take(pool);
    first = failing->backend_pid();
    {
      const Lease idle = Take(pool);
      other = idle->backend_pid();
    }
    ASSERT_FALSE(failing->Execute("SELECT 1 / 0").ok());
  }
  const int next = OnceUsed(pool);
  EXPECT_NE(next, first);
  EXPECT_NE(next, other);
}

TEST_F(SessionPoolTest, WhatTheServerRefusesToTellIsNoFailure) {
  SessionPool pool(kPatient);
  int first = 0;
  {
    Lease session = Take(pool);
    first = session->backend_pid();
    EXPECT_EQ(session->Ask("SELECT 1 / 0"), std::nullopt);
    EXPECT_EQ(session->Ask("SELECT 7"), "7");
  }
  EXPECT_EQ(OnceUsed(pool), first);
}

TEST_F(SessionPoolTest, AnInterruptedOrCancelledSessionIsClosed) {
  SessionPool pool(kPatient);
  int interrupted = 0, cancelled = 0;
  {
    Lease session = Take(pool);
    interrupted = session->backend_pid();
    session->Interrupt();
  }
  EXPECT_NE(OnceUsed(pool), interrupted);
  {
    Lease session = Take(pool);
    cancelled = session->backend_pid();
    session->CancelStatement();
  }
  EXPECT_NE(OnceUsed(pool), cancelled);
  AwaitEnd(interrupted);
  AwaitEnd(cancelled);
}

TEST_F(SessionPoolTest, ABrokenSessionIsReplacedUnseen) {
  SessionPool pool(kPatient);
  const int first = OnceUsed(pool);
  database_.Run(absl::StrCat("SELECT pg_terminate_backend(", first, ")"));
  AwaitEnd(first);
  Lease session = Take(pool);
  EXPECT_NE(session->backend_pid(), first);
  EXPECT_EQ(Text(session, "SELECT 1"), "1");
}

TEST_F(SessionPoolTest, AnIdleSessionIsClosedThoughNobodyAsks) {
  SessionPool pool({.idle = absl::Milliseconds(1), .life = absl::Hours(1)});
  AwaitEnd(OnceUsed(pool));
}

TEST_F(SessionPoolTest, ASessionIsNotUsedBeyondItsLife) {
  SessionPool pool({.idle = absl::Hours(1), .life = absl::ZeroDuration()});
  const int first = OnceUsed(pool);
  EXPECT_NE(OnceUsed(pool), first);
  AwaitEnd(first);
}

TEST_F(SessionPoolTest, KeepsTheNewestOfTooMany) {
  SessionPool pool({.most_idle = 1, .idle = absl::Hours(1), .life = absl::Hours(1)});
  int one = 0, other = 0;
  {
    std::optional<Lease> first(Take(pool));
    Lease second = Take(pool);
    one = (*first)->backend_pid();
    other = second->backend_pid();
    first.reset();
  }
  AwaitEnd(one);
  EXPECT_EQ(OnceUsed(pool), other);
}

}  // namespace
}  // namespace lockstitch::postgres

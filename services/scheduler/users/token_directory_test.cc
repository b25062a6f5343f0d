#include "services/scheduler/users/token_directory.h"

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "access/token.h"
#include "gtest/gtest.h"
#include "services/scheduler/store/test_catalog.h"
#include "status/reason.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"

namespace lockstitch::scheduler {
namespace {

using access::HashOf;
using access::Role;
using testing::HasReason;
using testing::IsOk;

class TokenDirectoryTest : public ::testing::Test {
 protected:
  // Keeps one, and answers its hash.
  std::string Create(const std::string& id, std::optional<absl::Time> expires_at = std::nullopt) {
    const std::string hash = HashOf(access::MakeToken());
    OrDie(
        store_.Create({.id = id, .role = Role::kOperator, .hash = hash, .expires_at = expires_at}));
    return hash;
  }
  int64_t Reads() {
    return catalog_.database.Int(
        "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = "
        "s.dbid WHERE d.datname = current_database() AND query LIKE '%FROM lockstitch.tokens "
        "WHERE revoked_at IS NULL'");
  }

  TestCatalog catalog_;
  const TokenStore store_{catalog_.catalog.get()};
  absl::Time now_ = absl::FromUnixSeconds(1'000'000'000);
  TokenDirectory directory_{{.store = &store_, .clock = [this] { return now_; }}};
};

TEST_F(TokenDirectoryTest, ATokenIsKnownFromTheMomentItIsMade) {
  EXPECT_THAT(directory_.FindByToken("none"), HasReason(Reason::kTokenInvalid));
  const std::string hash = Create("ci");
  const access::User user = OrDie(directory_.FindByToken(hash));
  EXPECT_EQ(user.name, "ci");
  EXPECT_EQ(user.role, Role::kOperator);
}

TEST_F(TokenDirectoryTest, ATokenThatWasRevokedElsewhereIsRefusedAfterFiveSeconds) {
  const std::string hash = Create("ci");
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  const TokenStore elsewhere(catalog_.catalog.get());
  OrDie(elsewhere.Revoke("ci"));
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  now_ += absl::Seconds(5);
  EXPECT_THAT(directory_.FindByToken(hash), HasReason(Reason::kTokenInvalid));
}

TEST_F(TokenDirectoryTest, ATokenThatWasRevokedHereIsRefusedAtOnce) {
  const std::string hash = Create("ci");
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  OrDie(store_.Revoke("ci"));
  EXPECT_THAT(directory_.FindByToken(hash), HasReason(Reason::kTokenInvalid));
}

TEST_F(TokenDirectoryTest, ACatalogThatDoesNotAnswerHoldsUpNobodyWhoDoesNotNeedIt) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/admin", token = access::MakeToken();
  std::ofstream(path) << token << "\n";
  TokenDirectory directory({.store = &store_, .admin_token_file = path});
  const std::string hash = Create("ci");
  catalog_.database.Run("BEGIN; LOCK TABLE lockstitch.tokens");
  // A statement waits for a lock for seconds alone.
  std::thread user([&] {
    while (!directory.FindByToken(hash).ok()) std::this_thread::yield();
  });
  const std::string waits =
      "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = "
      "'lockstitch.tokens'::regclass)";
  catalog_.database.Await(waits);
  EXPECT_EQ(OrDie(directory.FindByToken(HashOf(token))).role, Role::kAdmin);
  EXPECT_EQ(catalog_.database.Text(waits), "t");
  catalog_.database.Run("COMMIT");
  user.join();
}

TEST_F(TokenDirectoryTest, CallsThatComeMeanwhileShareOneRead) {
  catalog_.database.Run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  TokenDirectory directory({.store = &store_});
  const std::string hash = Create("ci");
  const int64_t before = Reads();
  catalog_.database.Run("BEGIN; LOCK TABLE lockstitch.tokens");
  std::vector<std::thread> users;
  for (int i = 0; i < 20; ++i) {
    users.emplace_back([&] {
      while (!directory.FindByToken(hash).ok()) std::this_thread::yield();
    });
  }
  catalog_.database.Await(
      "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = "
      "'lockstitch.tokens'::regclass)");
  catalog_.database.Run("COMMIT");
  for (std::thread& user : users) user.join();
  // One that they found under way, and the one after it.
  EXPECT_LE(Reads(), before + 2);
}

TEST_F(TokenDirectoryTest, AnExpiredTokenIsRefused) {
  const std::string hash = Create("ci", now_ + absl::Seconds(1));
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  now_ += absl::Seconds(1);
  const absl::Status refused = directory_.FindByToken(hash).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kTokenInvalid);
  EXPECT_EQ(refused.message(), "the token ci has expired at 2001-09-09T01:46:41Z");
}

TEST_F(TokenDirectoryTest, ACertificateStandsForItsToken) {
  OrDie(store_.Create({.id = "alice", .role = Role::kViewer, .certificate_name = "alice.example"}));
  EXPECT_EQ(OrDie(directory_.FindByCertificate({"other", "alice.example"})).role, Role::kViewer);
  EXPECT_EQ(OrDie(directory_.FindByCertificate({"bob.example"})).role, Role::kNone);
  // Nobody can show what a certificate stands for as a token.
  EXPECT_THAT(directory_.FindByToken("alice.example"), HasReason(Reason::kTokenInvalid));
}

TEST_F(TokenDirectoryTest, CallsDoNotAskTheCatalogEachTime) {
  catalog_.database.Run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  const std::string hash = Create("ci");
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  const int64_t before = Reads();
  for (int i = 0; i < 100; ++i) EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  EXPECT_EQ(Reads(), before);
  // Who tries tokens has it looked up so often in a minute, and no more.
  for (int i = 0; i < 200; ++i)
    EXPECT_THAT(directory_.FindByToken("none"), HasReason(Reason::kTokenInvalid));
  EXPECT_EQ(Reads(), before + 60);
}

TEST_F(TokenDirectoryTest, TheLastUseIsKeptNowAndThen) {
  const std::string hash = Create("ci");
  const auto last_use = [&] { return OrDie(store_.ReadAll()).front().last_used_at; };
  const absl::Time first = now_;
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  EXPECT_EQ(last_use(), first);
  now_ += absl::Minutes(9);
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  EXPECT_EQ(last_use(), first);
  now_ += absl::Minutes(1);
  EXPECT_THAT(directory_.FindByToken(hash), IsOk());
  EXPECT_EQ(last_use(), now_);
}

TEST_F(TokenDirectoryTest, TheAdminOfTheFileIsKnownAsLongAsTheFileHoldsTheToken) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/admin", first = access::MakeToken(),
                    second = access::MakeToken();
  std::ofstream(path) << first << "\n";
  // Without a catalog as well.
  TokenDirectory directory({.admin_token_file = path, .clock = [this] { return now_; }});
  EXPECT_EQ(OrDie(directory.FindByToken(HashOf(first))).role, Role::kAdmin);
  std::ofstream(path) << second << "\n";
  now_ += absl::Seconds(1);
  EXPECT_THAT(directory.FindByToken(HashOf(first)), HasReason(Reason::kTokenInvalid));
  EXPECT_EQ(OrDie(directory.FindByToken(HashOf(second))).role, Role::kAdmin);
  std::ofstream(path).close();
  now_ += absl::Seconds(1);
  EXPECT_THAT(directory.FindByToken(HashOf(second)), HasReason(Reason::kTokenInvalid));
  EXPECT_THAT(directory.FindByToken(""), HasReason(Reason::kTokenInvalid));
}

}  // namespace
}  // namespace lockstitch::scheduler

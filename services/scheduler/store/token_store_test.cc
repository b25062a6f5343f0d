#include "services/scheduler/store/token_store.h"

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduler/store/test_catalog.h"
#include "status/reason.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using testing::IsOk;

class TokenStoreTest : public ::testing::Test {
 protected:
  KeptToken Create(const std::string& id) {
    return OrDie(store_.Create({.id = id, .role = access::Role::kViewer, .hash = "hash of " + id}));
  }
  std::vector<std::string> Ids(bool show_ended, const std::string& after = "", int limit = 10) {
    std::vector<std::string> ids;
    for (const KeptToken& token : OrDie(store_.List(after, limit, show_ended)))
      ids.push_back(token.id);
    return ids;
  }

  TestCatalog catalog_;
  const TokenStore store_{catalog_.catalog.get()};
};

TEST_F(TokenStoreTest, WhatIsCreatedIsRead) {
  const absl::Time expiry = absl::FromUnixSeconds(4'000'000'000);
  const KeptToken made = OrDie(store_.Create(
      {.id = "ci", .role = access::Role::kOperator, .hash = "abc", .expires_at = expiry}));
  EXPECT_LE(made.created_at, absl::Now() + absl::Minutes(1));
  const std::vector<KeptToken> read = OrDie(store_.ReadAll());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].id, "ci");
  EXPECT_EQ(read[0].role, access::Role::kOperator);
  EXPECT_EQ(read[0].hash, "abc");
  EXPECT_EQ(read[0].certificate_name, std::nullopt);
  EXPECT_EQ(read[0].expires_at, expiry);
  EXPECT_EQ(read[0].created_at, made.created_at);
  EXPECT_EQ(read[0].last_used_at, std::nullopt);
}

TEST_F(TokenStoreTest, ANameIsTakenForGood) {
  Create("ci");
  EXPECT_THAT(store_.Create({.id = "ci", .hash = "other"}), HasReason(Reason::kTokenExists));
  ASSERT_THAT(store_.Revoke("ci"), IsOk());
  EXPECT_THAT(store_.Create({.id = "ci", .hash = "other"}), HasReason(Reason::kTokenExists));
}

TEST_F(TokenStoreTest, ACertificateStandsForOneTokenUntilThatIsRevoked) {
  const auto of = [](const std::string& id) {
    return KeptToken{.id = id, .certificate_name = "alice.example"};
  };
  ASSERT_THAT(store_.Create(of("alice")), IsOk());
  const absl::Status taken = store_.Create(of("eve")).status();
  EXPECT_EQ(ReasonOf(taken), Reason::kTokenExists);
  EXPECT_EQ(taken.message(), "the certificate stands for the token alice");
  ASSERT_THAT(store_.Revoke("alice"), IsOk());
  EXPECT_THAT(store_.Create(of("eve")), IsOk());
}

TEST_F(TokenStoreTest, AListIsOrderedAndLeavesOutWhatHasEnded) {
  for (const char* id : {"c", "a", "d"}) Create(id);
  ASSERT_THAT(store_.Create({.id = "b", .hash = "b", .expires_at = absl::UnixEpoch()}), IsOk());
  ASSERT_THAT(store_.Revoke("c"), IsOk());
  EXPECT_THAT(Ids(false), ElementsAre("a", "d"));
  EXPECT_THAT(Ids(true), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Ids(true, "a", 2), ElementsAre("b", "c"));
}

TEST_F(TokenStoreTest, ARevokedTokenIsReadNoMore) {
  Create("ci");
  const KeptToken revoked = OrDie(store_.Revoke("ci"));
  EXPECT_TRUE(revoked.revoked_at.has_value());
  EXPECT_FALSE(revoked.valid(absl::InfinitePast()));
  EXPECT_TRUE(OrDie(store_.ReadAll()).empty());
  EXPECT_EQ(OrDie(store_.Revoke("ci")).revoked_at, revoked.revoked_at);
  EXPECT_THAT(store_.Revoke("none"), HasReason(Reason::kTokenNotFound));
}

TEST_F(TokenStoreTest, TheLastUseNeverGoesBack) {
  Create("ci");
  const absl::Time later = absl::FromUnixSeconds(2000), earlier = absl::FromUnixSeconds(1000);
  for (const absl::Time at : {earlier, later, earlier})
    ASSERT_THAT(store_.MarkUsed("ci", at), IsOk());
  EXPECT_EQ(OrDie(store_.ReadAll()).front().last_used_at, later);
}

}  // namespace
}  // namespace lockstitch::scheduler

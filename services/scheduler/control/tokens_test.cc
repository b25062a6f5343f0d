#include "services/scheduler/control/tokens.h"

#include <string>

#include "absl/time/clock.h"
#include "access/token.h"
#include "gtest/gtest.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/test_catalog.h"
#include "status/reason.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using testing::HasReason;
using testing::IsOk;

class TokensTest : public ::testing::Test {
 protected:
  static v1::CreateTokenRequest Wanted(const std::string& id) {
    v1::CreateTokenRequest request;
    request.set_token_id(id);
    request.set_role(v1::ROLE_OPERATOR);
    return request;
  }

  TestCatalog catalog_;
  const TokenStore store_{catalog_.catalog.get()};
  const AuditStore audit_{catalog_.catalog.get()};
  const Tokens tokens_{{.store = &store_, .audit = &audit_}};
};

TEST_F(TokensTest, TheSecretIsToldOnceAndKeptAsItsHashAlone) {
  const v1::CreateTokenResponse made = OrDie(tokens_.Create(Wanted("ci")));
  EXPECT_EQ(made.token().name(), "tokens/ci");
  EXPECT_EQ(made.token().role(), v1::ROLE_OPERATOR);
  EXPECT_TRUE(access::IsToken(made.secret()));
  EXPECT_EQ(OrDie(store_.ReadAll()).front().hash, access::HashOf(made.secret()));
  EXPECT_FALSE(catalog_.Holds(made.secret()));
  EXPECT_FALSE(catalog_.Holds(made.secret().substr(4)));
  EXPECT_EQ(OrDie(tokens_.List({})).DebugString().find("lst_"), std::string::npos);
}

TEST_F(TokensTest, WhatIsWrongIsRefused) {
  for (const char* id : {"", "Ci", "9", "a/b", "a b"})
    EXPECT_THAT(tokens_.Create(Wanted(id)), HasReason(Reason::kUsageInvalid)) << id;
  v1::CreateTokenRequest request = Wanted("ci");
  for (const int role : {0, 4, -1}) {
    request.set_role(static_cast<v1::Role>(role));
    EXPECT_THAT(tokens_.Create(request), HasReason(Reason::kUsageInvalid)) << role;
  }
  request = Wanted("ci");
  *request.mutable_expires_at() = rpc::ToTimestamp(absl::Now() - absl::Seconds(1));
  EXPECT_THAT(tokens_.Create(request), HasReason(Reason::kUsageInvalid));
  request = Wanted("ci");
  for (const char* name : {"a\nb", "lockstitch-scheduler", "lockstitch-loader.lockstitch.svc"}) {
    request.set_certificate_name(name);
    EXPECT_THAT(tokens_.Create(request), HasReason(Reason::kUsageInvalid)) << name;
  }
  EXPECT_THAT(tokens_.Revoke("ci"), HasReason(Reason::kUsageInvalid));
  EXPECT_THAT(tokens_.Revoke("tokens/ci"), HasReason(Reason::kTokenNotFound));
}

TEST_F(TokensTest, ACertificateTakesTheSecretsPlace) {
  v1::CreateTokenRequest request = Wanted("alice");
  request.set_certificate_name("alice.example");
  const v1::CreateTokenResponse made = OrDie(tokens_.Create(request));
  EXPECT_EQ(made.secret(), "");
  EXPECT_EQ(made.token().certificate_name(), "alice.example");
}

TEST_F(TokensTest, ListsGoByPages) {
  for (const char* id : {"a", "b", "c"}) ASSERT_THAT(tokens_.Create(Wanted(id)), IsOk());
  ASSERT_THAT(tokens_.Revoke("tokens/a"), IsOk());
  v1::ListTokensRequest request;
  request.set_page_size(2);
  request.set_show_ended(true);
  v1::ListTokensResponse page = OrDie(tokens_.List(request));
  ASSERT_EQ(page.tokens_size(), 2);
  EXPECT_TRUE(page.tokens(0).has_revoked_at());
  request.set_page_token(page.next_page_token());
  page = OrDie(tokens_.List(request));
  ASSERT_EQ(page.tokens_size(), 1);
  EXPECT_EQ(page.tokens(0).name(), "tokens/c");
  EXPECT_EQ(page.next_page_token(), "");
  request.set_show_ended(false);
  EXPECT_THAT(tokens_.List(request), HasReason(Reason::kUsageInvalid));

  for (int i = 0; i < 3; ++i) ASSERT_THAT(audit_.Add({.principal = "local"}), IsOk());
  v1::ListAuditEntriesRequest entries;
  entries.set_page_size(2);
  const v1::ListAuditEntriesResponse latest = OrDie(tokens_.ListAuditEntries(entries));
  EXPECT_EQ(latest.entries_size(), 2);
  entries.set_page_token(latest.next_page_token());
  EXPECT_EQ(OrDie(tokens_.ListAuditEntries(entries)).entries_size(), 1);
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "access/gate.h"

#include <string>

#include "access/token.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::access {
namespace {

constexpr char kMethod[] = "lockstitch.v1.JobService/RunJob";

// Knows one token, and whom one certificate stands for.
class Directory final : public UserDirectory {
 public:
  const std::string token = MakeToken();

  absl::StatusOr<User> FindByToken(const std::string& hash) override {
    if (hash == HashOf(token)) return User{.name = "ci", .role = Role::kOperator};
    return Error(Reason::kTokenInvalid, "no such token");
  }
  absl::StatusOr<User> FindByCertificate(const std::vector<std::string>& names) override {
    if (names.back() == "alice") return User{.name = "alice", .role = Role::kViewer};
    return User();
  }
};

class GateTest : public ::testing::Test {
 protected:
  Directory users_;
  Gate gate_{{.users = &users_}};
};

TEST_F(GateTest, ATokenTellsWhoCallsWhereverTheCallComesFrom) {
  for (const bool local : {true, false}) {
    const auto found = gate_.Identify(kMethod, {.local = local,
                                                .plaintext = true,
                                                .certificate_names = {"lockstitch-scheduler"},
                                                .authorization = {"Bearer " + users_.token}});
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->name, "token ci");
    EXPECT_EQ(found->role, Role::kOperator);
    EXPECT_FALSE(found->any_service);
    EXPECT_TRUE(found->certificate_names.empty());
  }
}

TEST_F(GateTest, AWrongTokenIsRefusedAlsoFromWhoeverWouldNeedNone) {
  for (const std::string& header :
       {"Bearer " + MakeToken(), std::string("Bearer x"), std::string("Basic eDp5")}) {
    const auto refused = gate_.Identify(
        kMethod, {.local = true, .certificate_names = {"alice"}, .authorization = {header}});
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kTokenInvalid) << header;
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(refused.status().message().find(header), absl::string_view::npos);
  }
}

TEST_F(GateTest, AnEmptyHeaderOrASecondOneIsNoToken) {
  const std::string good = "Bearer " + users_.token;
  for (const std::vector<std::string>& headers : {std::vector<std::string>{""}, {good, good}}) {
    const auto refused = gate_.Identify(kMethod, {.local = true, .authorization = headers});
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kTokenInvalid);
  }
}

TEST_F(GateTest, WhoIsLocalIsAdminAndAnyService) {
  const auto found = gate_.Identify(kMethod, {.local = true, .plaintext = true});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->any_service);
  EXPECT_EQ(found->role, Role::kAdmin);
}

TEST_F(GateTest, ACertificateGivesItsNamesAndTheRoleThatWasGranted) {
  const auto alice = gate_.Identify(kMethod, {.certificate_names = {"a.example", "alice"}});
  ASSERT_TRUE(alice.ok());
  EXPECT_EQ(alice->name, "certificate alice");
  EXPECT_EQ(alice->role, Role::kViewer);
  EXPECT_EQ(alice->certificate_names.size(), 2u);
  const auto other = gate_.Identify(kMethod, {.certificate_names = {"bob"}});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->role, Role::kNone);
  EXPECT_FALSE(other->any_service);
}

TEST_F(GateTest, WhoShowsNothingIsRefusedAlsoWithinATrustedNetwork) {
  for (const bool plaintext : {true, false}) {
    const auto refused = gate_.Identify(kMethod, {.plaintext = plaintext});
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kCredentialsMissing);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST(ServicesGateTest, ATrustedNetworkIsAnyServiceAndNoUser) {
  Gate gate;
  const auto found = gate.Identify(kMethod, {.plaintext = true, .authorization = {"Bearer x"}});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->any_service);
  EXPECT_EQ(found->role, Role::kNone);
  EXPECT_EQ(ReasonOf(gate.Identify(kMethod, {}).status()), Reason::kCredentialsMissing);
}

TEST_F(GateTest, HealthIsAnsweredToAnyone) {
  EXPECT_TRUE(gate_.Identify("grpc.health.v1.Health/Check", {}).ok());
  EXPECT_TRUE(gate_.Identify("grpc.health.v1.Health/Check", {.authorization = {"Bearer x"}}).ok());
}

TEST(RequestsTest, TooManyAreRefusedWithTheTimeToWait) {
  Directory users;
  const absl::Time now = absl::UnixEpoch();
  Gate gate({.users = &users, .requests_per_minute = 40, .clock = [&] { return now; }});
  const Credentials token = {.authorization = {"Bearer " + users.token}};
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(gate.Identify(kMethod, token).ok());
  const absl::Status refused = gate.Identify(kMethod, token).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kRequestLimitExceeded);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  google::rpc::RetryInfo info;
  ASSERT_TRUE(info.ParseFromString(
      std::string(*refused.GetPayload("type.googleapis.com/google.rpc.RetryInfo"))));
  EXPECT_EQ(info.retry_delay().seconds(), 1);
  EXPECT_EQ(info.retry_delay().nanos(), 500'000'000);
  // Others, and who is local, aren't held up.
  EXPECT_TRUE(gate.Identify(kMethod, {.certificate_names = {"alice"}}).ok());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(gate.Identify(kMethod, {.local = true}).ok());
}

TEST(CallsAtOnceTest, AUserHasSoManyCallsUnderWayAndServicesAny) {
  Gate gate({.calls_at_once = 2});
  const Principal user = {.name = "token ci", .role = Role::kViewer};
  const Principal other = {.name = "token cd", .role = Role::kViewer};
  EXPECT_TRUE(gate.Begin(user).ok());
  EXPECT_TRUE(gate.Begin(user).ok());
  EXPECT_EQ(ReasonOf(gate.Begin(user)), Reason::kRequestLimitExceeded);
  EXPECT_TRUE(gate.Begin(other).ok());
  gate.End(user);
  EXPECT_TRUE(gate.Begin(user).ok());
  EXPECT_EQ(ReasonOf(gate.Begin(user)), Reason::kRequestLimitExceeded);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(gate.Begin({.name = "certificate lockstitch-scheduler"}).ok());
    EXPECT_TRUE(gate.Begin({.name = "local", .any_service = true, .role = Role::kAdmin}).ok());
  }
}

class Entries final : public AuditSink {
 public:
  void Record(const AuditEntry& entry) override { entries.push_back(entry); }
  std::vector<AuditEntry> entries;
};

TEST(AuditTest, NobodyFillsTheLogWithRefusals) {
  Entries told;
  absl::Time now = absl::UnixEpoch();
  Gate gate({.audit = &told, .clock = [&] { return now; }});
  const AuditEntry knock = {.method = kMethod, .refused = true};
  for (int i = 0; i < 100; ++i) gate.Audit(knock);
  EXPECT_EQ(told.entries.size(), 60u);
  // Others' refusals, and what is no refusal, are told.
  gate.Audit({.principal = "certificate alice", .method = kMethod, .refused = true});
  EXPECT_EQ(told.entries.back().untold, 40);
  for (int i = 0; i < 100; ++i) gate.Audit({.principal = "token ci", .method = kMethod});
  EXPECT_EQ(told.entries.size(), 161u);
  now += absl::Seconds(1);
  gate.Audit(knock);
  EXPECT_EQ(told.entries.back().untold, 0);
  EXPECT_EQ(told.entries.size(), 162u);
}

}  // namespace
}  // namespace lockstitch::access

// Users of a scheduler: every method in every role, tokens from their making to their end, and what
// the audit log tells. Who calls with a token is judged by it, also from the same machine.

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "access/rules.h"
#include "access/token.h"
#include "gmock/gmock.h"
#include "services/scheduler/secrets/secret_box.h"
#include "status/reason.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"
#include "tests/security/raw_call.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using access::Audience;
using access::Rule;
using nlohmann::json;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::Contains;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

// A scheduler with a catalog, whose other services are nowhere, and the token of its first admin.
struct Server {
  std::string MakeKeys() const {
    EXPECT_THAT(scheduler::SecretBox::CreateFile(folder.path() + "/keys"), IsOk());
    return folder.path() + "/keys";
  }
  std::string MakeAdmin() const {
    std::ofstream(folder.path() + "/admin") << admin << "\n";
    return folder.path() + "/admin";
  }

  const std::string admin = access::MakeToken();
  const testing::TemporaryFolder folder;
  testing::PostgresCluster cluster;
  testing::Database catalog{cluster.Url("postgres")};
  ServiceProcess scheduler{
      "scheduler",
      {"--discovery=127.0.0.1:1", "--extractor=127.0.0.1:1", "--loader=127.0.0.1:1",
       "--catalog=" + cluster.Url("postgres"), "--secret-keys=" + MakeKeys(),
       "--admin-token-file=" + MakeAdmin(), "--requests-per-minute=600"}};
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel(scheduler.address(), grpc::InsecureChannelCredentials());
};

class UsersTest : public ::testing::Test {
 protected:
  static Server& TheServer() {
    static Server server;
    return server;
  }

  void TearDown() override {
    EXPECT_THAT(server_.scheduler.process().stderr_text(), Not(HasSubstr("lst_")));
    EXPECT_EQ(server_.catalog.Int("SELECT count(*) FROM lockstitch.tokens t WHERE "
                                  "strpos(t::text, 'lst_') > 0"),
              0);
    EXPECT_EQ(server_.catalog.Int("SELECT count(*) FROM lockstitch.audit_entries e WHERE "
                                  "strpos(e::text, 'lst_') > 0"),
              0);
  }

  // The command on the scheduler's machine.
  CommandResult Run(std::vector<std::string> arguments,
                    std::map<std::string, std::string> environment = {}) {
    arguments.insert(arguments.begin(), "cli/lockstitch");
    environment.insert({"LOCKSTITCH_SERVER", server_.scheduler.address()});
    return testing::RunCommand({.command = arguments, .environment = environment});
  }
  // Makes one by the command, and answers its secret.
  std::string MakeToken(const std::string& name, const std::string& role,
                        const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {"token", "create", name, "--role", role};
    command.insert(command.end(), more.begin(), more.end());
    const CommandResult made = Run(command);
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.err, Not(HasSubstr("lst_")));
    return made.out.substr(0, made.out.find('\n'));
  }
  absl::Status Call(const std::string& method, const std::string& token) {
    return CallRaw(server_.channel, method, token);
  }
  // Calls with it until it is refused: the scheduler looks at the tokens every five seconds.
  absl::Status AwaitInvalid(const std::string& token) {
    absl::Status answer;
    do {
      absl::SleepFor(absl::Milliseconds(50));
      answer = Call("lockstitch.v1.JobService/GetJob", token);
    } while (ReasonOf(answer) != Reason::kTokenInvalid);
    return answer;
  }
  // Lines of the audit log about that principal, as METHOD OUTCOME REASON.
  std::vector<std::string> LogOf(const std::string& principal) {
    std::vector<std::string> entries;
    std::stringstream lines(server_.scheduler.process().stderr_text());
    for (std::string line; std::getline(lines, line);) {
      const json entry = json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (!entry.is_object() || entry.value("audit", "") != "true") continue;
      if (entry["principal"] != principal) continue;
      EXPECT_THAT(entry["peer"].get<std::string>(), HasSubstr("127.0.0.1"));
      EXPECT_TRUE(entry.contains("time") && entry.contains("resource")) << line;
      entries.push_back(entry["method"].get<std::string>() + " " +
                        entry["outcome"].get<std::string>() + " " +
                        entry["reason"].get<std::string>());
    }
    return entries;
  }

  Server& server_ = TheServer();
};

bool IsServedByTheScheduler(const Rule& rule) { return rule.audience != Audience::kServices; }

bool IsRefusal(const absl::Status& status) {
  const std::set<Reason> refusals = {Reason::kCallNotAllowed, Reason::kTokenInvalid,
                                     Reason::kCredentialsMissing, Reason::kRequestLimitExceeded};
  const auto reason = ReasonOf(status);
  return reason && refusals.count(*reason) > 0;
}

TEST_F(UsersTest, EachRoleMayWhatTheTableSaysAndNothingElse) {
  const std::map<access::Role, std::string> tokens = {
      {access::Role::kViewer, MakeToken("roles-viewer", "viewer")},
      {access::Role::kOperator, MakeToken("roles-operator", "operator")},
      {access::Role::kAdmin, MakeToken("roles-admin", "ADMIN")}};
  for (const Rule& rule : access::AllRules()) {
    if (!IsServedByTheScheduler(rule)) continue;
    const std::string method(rule.method);
    for (const auto& [role, token] : tokens) {
      const absl::Status answer = Call(method, token);
      const bool may = rule.audience == Audience::kAnyone || role >= rule.least;
      EXPECT_EQ(!IsRefusal(answer), may)
          << method << " by " << access::RoleName(role) << ": " << answer;
      if (!may) {
        EXPECT_THAT(answer, HasReason(Reason::kCallNotAllowed)) << method;
        EXPECT_EQ(answer.code(), absl::StatusCode::kPermissionDenied);
        EXPECT_THAT(Explain(answer).remedy, HasSubstr(access::RoleName(rule.least)));
      }
      // Other than a refusal, it is the server's own answer.
      EXPECT_NE(answer.code(), absl::StatusCode::kUnimplemented) << method;
    }
  }
}

TEST_F(UsersTest, WithoutAGoodTokenEveryMethodButHealthAndReflectionIsRefused) {
  const std::string revoked = MakeToken("ended-revoked", "admin");
  EXPECT_THAT(Call("lockstitch.v1.AccessService/ListTokens", revoked), IsOk());
  ASSERT_EQ(Run({"token", "revoke", "ended-revoked"}).status, 0);
  AwaitInvalid(revoked);
  for (const Rule& rule : access::AllRules()) {
    if (!IsServedByTheScheduler(rule)) continue;
    const std::string method(rule.method);
    for (const std::string& token : {access::MakeToken(), revoked, std::string("nonsense")}) {
      const absl::Status answer = Call(method, token);
      if (rule.audience == Audience::kAnyone) {
        EXPECT_FALSE(IsRefusal(answer)) << method << ": " << answer;
      } else {
        EXPECT_THAT(answer, HasReason(Reason::kTokenInvalid)) << method;
        EXPECT_EQ(answer.code(), absl::StatusCode::kUnauthenticated);
      }
    }
  }
}

TEST_F(UsersTest, WhoIsLocalMayEverythingWithoutAToken) {
  for (const Rule& rule : access::AllRules()) {
    if (!IsServedByTheScheduler(rule)) continue;
    const absl::Status answer = Call(std::string(rule.method), "");
    EXPECT_FALSE(IsRefusal(answer)) << rule.method << ": " << answer;
  }
}

TEST_F(UsersTest, TheFirstAdminMakesTokens) {
  EXPECT_THAT(Call("lockstitch.v1.AccessService/ListTokens", server_.admin), IsOk());
  EXPECT_THAT(Call("lockstitch.v1.JobService/RunJob", server_.admin),
              HasReason(Reason::kUsageInvalid));
}

TEST_F(UsersTest, ATokenLivesFromItsMakingToItsEnd) {
  const std::string list = "lockstitch.v1.IntegrationService/ListIntegrations";
  const std::string token = MakeToken("life", "viewer");
  EXPECT_TRUE(access::IsToken(token)) << token;
  EXPECT_THAT(Call(list, token), IsOk());
  EXPECT_EQ(server_.catalog.Text("SELECT hash FROM lockstitch.tokens WHERE id = 'life'"),
            access::HashOf(token));
  EXPECT_EQ(server_.catalog.Text(
                "SELECT last_used_at > created_at FROM lockstitch.tokens WHERE id = 'life'"),
            "t");
  EXPECT_THAT(Run({"token", "list"}).out, AllOf(HasSubstr("life"), HasSubstr("VIEWER")));
  EXPECT_THAT(Run({"token", "create", "life", "--role", "viewer"}).err, HasSubstr("TOKEN_EXISTS"));
  EXPECT_THAT(Run({"token", "revoke", "life"}).out, HasSubstr("life: revoked"));
  AwaitInvalid(token);
  EXPECT_THAT(Run({"token", "list"}).out, Not(HasSubstr("life")));
  EXPECT_THAT(Run({"token", "list", "--all"}).out, HasSubstr("life"));
}

TEST_F(UsersTest, AnExpiredTokenIsRefused) {
  const std::string token = MakeToken("short", "viewer", {"--expires-in", "90d"});
  EXPECT_THAT(Call("lockstitch.v1.JobService/ListJobs", token),
              Not(HasReason(Reason::kTokenInvalid)));
  server_.catalog.Run("UPDATE lockstitch.tokens SET expires_at = now() WHERE id = 'short'");
  const absl::Status refused = AwaitInvalid(token);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the token short has expired at"));
}

TEST_F(UsersTest, TooManyRequestsOfATokenAreRefused) {
  const std::string token = MakeToken("busy", "viewer");
  absl::Status answer;
  for (int i = 0; i < 10'000 && !IsRefusal(answer); ++i)
    answer = Call("lockstitch.v1.JobService/GetJob", token);
  EXPECT_THAT(answer, HasReason(Reason::kRequestLimitExceeded));
  EXPECT_TRUE(answer.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_THAT(Call("lockstitch.v1.JobService/GetJob", server_.admin),
              HasReason(Reason::kUsageInvalid));
}

TEST_F(UsersTest, TheCommandCallsWithTheTokenOfAFile) {
  const std::string path = server_.folder.path() + "/token";
  std::ofstream(path) << MakeToken("file-viewer", "viewer") << "\n";
  EXPECT_EQ(Run({"integration", "list"}, {{"LOCKSTITCH_TOKEN_FILE", path}}).status, 0);
  const CommandResult refused = Run({"token", "list"}, {{"LOCKSTITCH_TOKEN_FILE", path}});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("CALL_NOT_ALLOWED: token file-viewer may not call"));
  // It is read anew by each command.
  std::ofstream(path) << server_.admin << "\n";
  EXPECT_EQ(Run({"token", "list", "--token-file", path}).status, 0);
  const CommandResult elsewhere =
      Run({"token", "list", "--server", "scheduler.example:7400", "--token-file", path});
  EXPECT_EQ(elsewhere.status, 1);
  EXPECT_THAT(elsewhere.err, HasSubstr("TOKEN_NEEDS_TLS"));
  const CommandResult missing = Run({"token", "list", "--token-file", path + "x"});
  EXPECT_THAT(missing.err, HasSubstr("TOKEN_FILE_UNREADABLE"));
  for (const CommandResult& result : {refused, elsewhere, missing})
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("lst_")));
}

TEST_F(UsersTest, RefusalsAndChangesAreInTheAuditLog) {
  const std::string token = MakeToken("audited", "viewer");
  Call("lockstitch.v1.JobService/RunJob", token).IgnoreError();
  Call("lockstitch.v1.JobService/ListJobs", token).IgnoreError();
  EXPECT_THAT(LogOf("token audited"),
              ::testing::ElementsAre("lockstitch.v1.JobService/RunJob refused "
                                     "CALL_NOT_ALLOWED"));
  // Made, and found to exist.
  EXPECT_EQ(Run({"token", "create", "audited", "--role", "viewer"}).status, 1);
  EXPECT_THAT(LogOf("local"),
              AllOf(Contains("lockstitch.v1.AccessService/CreateToken ok "),
                    Contains("lockstitch.v1.AccessService/CreateToken failed TOKEN_EXISTS")));
  // Who isn't known is in the log alone.
  Call("lockstitch.v1.JobService/RunJob", access::MakeToken()).IgnoreError();
  EXPECT_THAT(LogOf(""), Contains("lockstitch.v1.JobService/RunJob refused TOKEN_INVALID"));
  EXPECT_EQ(server_.catalog.Int(
                "SELECT count(*) FROM lockstitch.audit_entries WHERE reason = 'TOKEN_INVALID'"),
            0);
  const CommandResult shown = Run({"audit", "--output=json"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  const json entries = json::parse(shown.out)["entries"];
  const auto is = [&](const char* principal, const char* resource, const char* outcome) {
    for (const json& entry : entries) {
      if (entry["principal"] == principal && entry.value("resource", "") == resource &&
          entry["outcome"] == outcome)
        return true;
    }
    return false;
  };
  EXPECT_TRUE(is("token audited", "", "refused")) << shown.out;
  EXPECT_TRUE(is("local", "tokens/audited", "ok")) << shown.out;
  EXPECT_TRUE(is("local", "tokens/audited", "failed")) << shown.out;
  EXPECT_THAT(Run({"audit"}).out, AllOf(HasSubstr("CreateToken"), HasSubstr("tokens/audited")));
}

}  // namespace
}  // namespace lockstitch::tests

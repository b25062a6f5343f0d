// Callers from elsewhere, over mutual TLS: every method of every service by each service's
// certificate, users by theirs, and who shows nothing.

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "access/rules.h"
#include "access/token.h"
#include "gmock/gmock.h"
#include "lockstitch/v1/access.grpc.pb.h"
#include "rpc/status_conversion.h"
#include "services/scheduler/secrets/secret_box.h"
#include "status/reason.h"
#include "testing/certificate_authority.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"
#include "tests/security/raw_call.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using access::Audience;
using access::Rule;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyPair;

std::string ContentsOf(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The four services with mutual TLS, each with a certificate of its own name.
struct Servers {
  std::vector<std::string> Tls(const std::string& service, std::vector<std::string> flags = {}) {
    const KeyPair pair = authority.Issue("lockstitch-" + service);
    flags.push_back("--tls-cert=" + authority.File(service + ".crt", pair.certificate));
    flags.push_back("--tls-key=" + authority.File(service + ".key", pair.key));
    flags.push_back("--tls-ca=" + authority.certificate_file());
    return flags;
  }
  std::string MakeKeys() const {
    EXPECT_THAT(scheduler::SecretBox::CreateFile(folder.path() + "/keys"), IsOk());
    return folder.path() + "/keys";
  }

  const std::string admin = access::MakeToken();
  const testing::TemporaryFolder folder;
  testing::CertificateAuthority authority;
  testing::PostgresCluster cluster;
  ServiceProcess loader{"loader", Tls("loader")};
  ServiceProcess discovery{"discovery", Tls("discovery")};
  ServiceProcess extractor{"extractor", Tls("extractor", {"--loader=127.0.0.1:1"})};
  ServiceProcess scheduler{
      "scheduler",
      Tls("scheduler",
          {"--discovery=127.0.0.1:1", "--extractor=127.0.0.1:1", "--loader=127.0.0.1:1",
           "--catalog=" + cluster.Url("postgres"), "--secret-keys=" + MakeKeys(),
           "--admin-token-file=" + authority.File("admin", admin), "--requests-per-minute=0"})};
};

class CertificatesTest : public ::testing::Test {
 protected:
  static Servers& TheServers() {
    static Servers servers;
    return servers;
  }

  ServiceProcess& Process(const std::string& service) {
    return service == "loader"      ? servers_.loader
           : service == "discovery" ? servers_.discovery
           : service == "extractor" ? servers_.extractor
                                    : servers_.scheduler;
  }
  // A channel of who has a certificate of that name; of none if it is empty.
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& name, const std::string& service) {
    KeyPair pair;
    if (!name.empty()) pair = servers_.authority.Issue(name);
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("lockstitch-" + service);
    return grpc::CreateCustomChannel(
        Process(service).address(),
        grpc::SslCredentials({.pem_root_certs = ContentsOf(servers_.authority.certificate_file()),
                              .pem_private_key = pair.key,
                              .pem_cert_chain = pair.certificate}),
        arguments);
  }

  Servers& servers_ = TheServers();
};

bool IsRefusal(const absl::Status& status) {
  const auto reason = ReasonOf(status);
  return reason == Reason::kCallNotAllowed || reason == Reason::kCredentialsMissing;
}

bool Serves(const std::string& service, const Rule& rule) {
  if (absl::StrContains(rule.method, "ChecksumService"))
    return service == "extractor" || service == "loader";
  return absl::StrContains(rule.method, service == "loader"      ? "LoaderService"
                                        : service == "discovery" ? "DiscoveryService"
                                                                 : "ExtractorService");
}

TEST_F(CertificatesTest, EachServiceMayWhatTheTableSaysOfItsNameAndNothingElse) {
  for (const std::string service : {"discovery", "extractor", "loader"}) {
    for (const std::string name : {"lockstitch-scheduler", "lockstitch-discovery",
                                   "lockstitch-extractor", "lockstitch-loader", "mallory"}) {
      const auto channel = ChannelOf(name, service);
      for (const Rule& rule : access::AllRules()) {
        if (!Serves(service, rule)) continue;
        bool may = false;
        for (const absl::string_view allowed : rule.services) may = may || allowed == name;
        const absl::Status answer = CallRaw(channel, std::string(rule.method));
        if (may) {
          EXPECT_FALSE(IsRefusal(answer)) << rule.method << " by " << name << ": " << answer;
        } else {
          EXPECT_THAT(answer, HasReason(Reason::kCallNotAllowed)) << rule.method << " by " << name;
        }
        EXPECT_NE(answer.code(), absl::StatusCode::kUnimplemented) << rule.method;
      }
      // No service knows users.
      EXPECT_THAT(CallRaw(channel, "lockstitch.v1.LoaderService/Sweep", servers_.admin),
                  service == "loader" ? HasReason(Reason::kCallNotAllowed)
                                      : HasReason(Reason::kPeerTooOld));
    }
    EXPECT_THAT(Process(service).process().WaitForLine("\"principal\":\"certificate mallory\""),
                HasSubstr("CALL_NOT_ALLOWED"));
  }
}

// Reflection, of which each call keeps a thread, is not there where callers may be anyone.
TEST_F(CertificatesTest, WhoShowsNothingIsAnsweredHealthAlone) {
  const auto channel = ChannelOf("", "scheduler");
  for (const Rule& rule : access::AllRules()) {
    const absl::Status answer = CallRaw(channel, std::string(rule.method));
    if (rule.audience == Audience::kUsers) {
      EXPECT_THAT(answer, HasReason(Reason::kCredentialsMissing)) << rule.method;
    } else if (rule.audience == Audience::kAnyone) {
      EXPECT_FALSE(IsRefusal(answer)) << rule.method << ": " << answer;
      const bool reflects = absl::StrContains(rule.method, "reflection");
      EXPECT_EQ(ReasonOf(answer) == Reason::kPeerTooOld, reflects) << rule.method;
    }
  }
}

TEST_F(CertificatesTest, OtherServicesHaveNoRoleAtAScheduler) {
  for (const std::string name : {"lockstitch-extractor", "lockstitch-scheduler", "mallory"}) {
    const auto channel = ChannelOf(name, "scheduler");
    for (const Rule& rule : access::AllRules()) {
      if (rule.audience != Audience::kUsers) continue;
      EXPECT_THAT(CallRaw(channel, std::string(rule.method)), HasReason(Reason::kCallNotAllowed))
          << rule.method << " by " << name;
    }
  }
}

TEST_F(CertificatesTest, ATokenIsJudgedWhateverTheCertificate) {
  for (const std::string name : {"", "mallory"}) {
    const auto channel = ChannelOf(name, "scheduler");
    EXPECT_THAT(CallRaw(channel, "lockstitch.v1.AccessService/ListTokens", servers_.admin), IsOk());
    EXPECT_THAT(CallRaw(channel, "lockstitch.v1.AccessService/ListTokens", access::MakeToken()),
                HasReason(Reason::kTokenInvalid));
  }
}

TEST_F(CertificatesTest, ACertificateMayWhatItsTokenMay) {
  const std::string list = "lockstitch.v1.IntegrationService/ListIntegrations";
  const auto alice = ChannelOf("alice.example", "scheduler");
  EXPECT_THAT(CallRaw(alice, list), HasReason(Reason::kCallNotAllowed));
  v1::CreateTokenRequest request;
  request.set_token_id("alice");
  request.set_role(v1::ROLE_VIEWER);
  request.set_certificate_name("alice.example");
  v1::CreateTokenResponse response;
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + servers_.admin);
  v1::AccessService::Stub stub(ChannelOf("", "scheduler"));
  ASSERT_THAT(rpc::FromGrpc(stub.CreateToken(&context, request, &response), "scheduler"), IsOk());
  EXPECT_EQ(response.secret(), "");
  // Within five seconds, since the tests call with many that are not known.
  absl::Status answer;
  do {
    answer = CallRaw(alice, list);
  } while (ReasonOf(answer) == Reason::kCallNotAllowed);
  EXPECT_THAT(answer, IsOk());
  EXPECT_THAT(CallRaw(alice, "lockstitch.v1.JobService/RunJob"),
              HasReason(Reason::kCallNotAllowed));
}

}  // namespace
}  // namespace lockstitch::tests

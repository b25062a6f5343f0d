// The four programs with mutual TLS, and the command that speaks to them.

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "testing/certificate_authority.h"
#include "testing/child_process.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::CertificateAuthority;
using testing::CommandResult;
using ::testing::HasSubstr;
using testing::KeyPair;

std::vector<std::string> With(std::vector<std::string> flags,
                              const std::vector<std::string>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

// Flags for who goes by that name, and trusts that authority.
std::vector<std::string> TlsFlags(const CertificateAuthority& issuer, const std::string& name,
                                  const CertificateAuthority& trusted, int days = 1) {
  const KeyPair pair = issuer.Issue(name, days, {"IP:127.0.0.1"});
  return {"--tls-cert=" + issuer.File(name + ".crt", pair.certificate),
          "--tls-key=" + issuer.File(name + ".key", pair.key),
          "--tls-ca=" + trusted.certificate_file()};
}

struct SecuredStack {
  std::vector<std::string> Own(const std::string& service) const {
    return TlsFlags(authority, "lockstitch-" + service, authority);
  }

  CertificateAuthority authority;
  const std::string token_file = authority.File("token", std::string(32, 'x'));
  ServiceProcess loader{"loader", Own("loader")};
  ServiceProcess discovery{"discovery", Own("discovery")};
  ServiceProcess extractor{"extractor", With(Own("extractor"), {"--loader=" + loader.address()})};
  ServiceProcess scheduler{
      "scheduler",
      With(Own("scheduler"),
           {"--loader=" + loader.address(), "--discovery=" + discovery.address(),
            "--extractor=" + extractor.address(), "--admin-token-file=" + token_file})};
};

class TlsTest : public ClustersTest {
 protected:
  static SecuredStack& Secured() {
    static SecuredStack stack;
    return stack;
  }

  // Runs a job at the scheduler.
  CommandResult Sync(const std::vector<std::string>& flags) {
    return testing::RunCommand(
        {.command =
             With({"cli/lockstitch", "sync", "--name=shop", "--source=" + source_url_,
                   "--destination=" + destination_url_, "--server=" + Secured().scheduler.address(),
                   "--token-file=" + Secured().token_file},
                  flags)});
  }

  void ExpectFails(const CommandResult& result, const std::string& why) {
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr(why));
  }
};

TEST_F(TlsTest, AJobRunsThroughAllServices) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50)");
  const CommandResult result = Sync(TlsFlags(Secured().authority, "somebody", Secured().authority));
  EXPECT_EQ(result.status, 0) << result.err;
  ExpectSameContents("public.t", "shop.t", "id");
}

TEST_F(TlsTest, TheCommandIsToldWhyItIsNotServed) {
  const CertificateAuthority other;
  const CertificateAuthority& authority = Secured().authority;
  ExpectFails(Sync({}), "it has TLS and this end has not");
  ExpectFails(Sync(TlsFlags(other, "somebody", authority)), "refuses this end's certificate");
  const CommandResult untrusted = Sync(TlsFlags(authority, "somebody", other));
  ExpectFails(untrusted, "PEER_TLS_FAILED: TLS with the scheduler at 127.0.0.1:");
  EXPECT_THAT(untrusted.err, HasSubstr("certificate verify failed"));
  EXPECT_THAT(untrusted.err, HasSubstr("--tls-ca"));
  ExpectFails(Sync(TlsFlags(authority, "late", authority, -1)), "TLS_FILES_REFUSED: ");
  ExpectFails(Sync({"--tls-ca=/nowhere/ca.crt"}), "/nowhere/ca.crt can't be read");
}

TEST_F(TlsTest, AServiceDoesNotStartWithFilesThatCantBeUsed) {
  const CertificateAuthority authority;
  std::vector<std::string> command =
      With({"services/discovery/discovery", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"},
           TlsFlags(authority, "late", authority, -1));
  const CommandResult result = testing::RunCommand({.command = command});
  ExpectFails(result, "\"reason\":\"TLS_FILES_REFUSED\"");
  EXPECT_THAT(result.err, HasSubstr("late.crt expired at "));
}

TEST_F(TlsTest, TheLogTellsOfRenewedFilesAndOfThoseThatCantBeUsed) {
  const CertificateAuthority authority;
  ServiceProcess service("discovery", TlsFlags(authority, "own", authority));
  const KeyPair renewed = authority.Issue("own", 3);
  authority.File("own.crt", renewed.certificate);
  EXPECT_THAT(service.process().WaitForLine("TLS_FILES_REFUSED"),
              HasSubstr("own.key is not the key of the certificate in "));
  authority.File("own.key", renewed.key);
  EXPECT_THAT(service.process().WaitForLine("the certificate was renewed"),
              HasSubstr("\"valid_until\":\""));
}

TEST_F(TlsTest, AMetricTellsUntilWhenTheCertificateIsValid) {
  const auto days_left = [](const ServiceProcess& service) {
    constexpr char kMetric[] = "\nlockstitch_tls_certificate_expiry_timestamp_seconds ";
    const std::string page =
        testing::RunCommand({.command = {"curl", "--silent", "--fail", service.metrics_url()}}).out;
    const size_t at = page.find(kMetric);
    if (at == std::string::npos) return -1.0;
    const double expiry = std::atof(page.c_str() + at + sizeof(kMetric) - 1);
    return (expiry - static_cast<double>(std::time(nullptr))) / 86'400;
  };
  const CertificateAuthority authority;
  const ServiceProcess service("discovery", TlsFlags(authority, "own", authority));
  EXPECT_NEAR(days_left(service), 1, 0.1);
  const KeyPair renewed = authority.Issue("own", 3);
  authority.File("own.crt", renewed.certificate);
  // A key of another certificate: the last one is still what it proves itself by.
  EXPECT_NEAR(days_left(service), 1, 0.1);
  authority.File("own.key", renewed.key);
  EXPECT_NEAR(days_left(service), 3, 0.1);
}

}  // namespace
}  // namespace lockstitch::tests

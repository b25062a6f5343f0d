// TLS as servers have it and as connections ask for it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "testing/certificate_authority.h"
#include "testing/postgres_cluster.h"
#include "tests/connections/steps.h"

namespace lockstitch::tests {
namespace {

using testing::CertificateAuthority;
using testing::KeyPair;
using testing::PostgresCluster;

PostgresCluster::Options WithTls(const KeyPair& server) {
  return {.settings = {"ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"},
          // Whoever comes over TCP comes encrypted.
          .access = {"hostssl all all 127.0.0.1/32 trust", "hostnossl all all 127.0.0.1/32 reject"},
          .files = {{"server.crt", server.certificate}, {"server.key", server.key}},
          .tcp = true};
}

// Over TCP under the name `host`.
v1::PostgresConnection Connection(const PostgresCluster& cluster, v1::TlsMode mode,
                                  const std::string& host = "localhost") {
  v1::PostgresConnection server =
      ByUrl("host=" + host + " hostaddr=127.0.0.1 user=lockstitch dbname=postgres");
  server.set_port(static_cast<uint32_t>(cluster.port()));
  server.mutable_tls()->set_mode(mode);
  return server;
}

class TlsTest : public ::testing::Test {
 protected:
  static CertificateAuthority& Authority() {
    static CertificateAuthority authority;
    return authority;
  }
  // Its certificate names localhost.
  static PostgresCluster& Cluster() {
    static PostgresCluster cluster(WithTls(Authority().Issue("localhost")));
    return cluster;
  }

  static v1::CheckStep Tls(const v1::PostgresConnection& server) {
    return Step(CheckSource(server), "tls");
  }
};

TEST_F(TlsTest, APrivateAuthorityVerifiesCertificateAndHost) {
  v1::PostgresConnection server = Connection(Cluster(), v1::TLS_MODE_VERIFY_FULL);
  server.mutable_tls()->set_root_certificate_file(Authority().certificate_file());
  const Steps steps = CheckSource(server);
  EXPECT_THAT(Step(steps, "connect"), Passes("localhost:"));
  EXPECT_THAT(Step(steps, "tls"), Passes("TLSv1.3, TLS_"));
  EXPECT_THAT(Step(steps, "tls"), Passes("verified, and it names the host"));
  EXPECT_THAT(Step(steps, "authenticate"), Passes("lockstitch"));
  EXPECT_THAT(Step(steps, "clock"), Passes(""));
}

TEST_F(TlsTest, AnotherHostNameFailsOnlyWhereItIsTested) {
  v1::PostgresConnection server = Connection(Cluster(), v1::TLS_MODE_VERIFY_FULL, "db.example");
  server.mutable_tls()->set_root_certificate_file(Authority().certificate_file());
  const Steps steps = CheckSource(server);
  EXPECT_THAT(Step(steps, "connect"), Passes("db.example"));
  EXPECT_THAT(Step(steps, "tls"), Fails(Reason::kTlsFailed));
  EXPECT_THAT(Step(steps, "authenticate"), NotTried());
  server.mutable_tls()->set_mode(v1::TLS_MODE_VERIFY_CA);
  EXPECT_THAT(Tls(server), Passes("certificate verified"));
}

TEST_F(TlsTest, AnExpiredCertificateFailsWhereItIsTested) {
  PostgresCluster expired(WithTls(Authority().Issue("localhost", /*days=*/-1)));
  v1::PostgresConnection server = Connection(expired, v1::TLS_MODE_VERIFY_CA);
  server.mutable_tls()->set_root_certificate_file(Authority().certificate_file());
  const v1::CheckStep failed = Tls(server);
  EXPECT_THAT(failed, Fails(Reason::kTlsFailed));
  EXPECT_THAT(failed.message(), ::testing::HasSubstr("expired"));
  server = Connection(expired, v1::TLS_MODE_REQUIRE);
  EXPECT_THAT(Tls(server), Passes("mode require: certificate not tested"));
}

TEST_F(TlsTest, AnUnknownAuthorityFailsWhereItIsTested) {
  const CertificateAuthority other;
  v1::PostgresConnection server = Connection(Cluster(), v1::TLS_MODE_VERIFY_CA);
  server.mutable_tls()->set_root_certificate_file(other.certificate_file());
  EXPECT_THAT(Tls(server), Fails(Reason::kTlsFailed));
  // The machine's authorities don't know ours either.
  EXPECT_THAT(Tls(Connection(Cluster(), v1::TLS_MODE_VERIFY_FULL)), Fails(Reason::kTlsFailed));
  // Unless the machine trusts it.
  setenv("SSL_CERT_FILE", Authority().certificate_file().c_str(), 1);
  EXPECT_THAT(Tls(Connection(Cluster(), v1::TLS_MODE_VERIFY_FULL)), Passes("names the host"));
  unsetenv("SSL_CERT_FILE");
}

TEST_F(TlsTest, PlainTextNeverTakesThePlaceOfANamedAuthority) {
  PostgresCluster::Options options = WithTls(Authority().Issue("localhost"));
  options.access = {"host all all 127.0.0.1/32 trust"};
  PostgresCluster lenient(options);
  const CertificateAuthority other;
  v1::PostgresConnection server = Connection(lenient, v1::TLS_MODE_UNSPECIFIED);
  server.mutable_tls()->set_root_certificate_file(other.certificate_file());
  EXPECT_THAT(Tls(server), Fails(Reason::kTlsFailed));
  server.mutable_tls()->set_root_certificate_file(Authority().certificate_file());
  EXPECT_THAT(Tls(server), Passes("mode require: certificate verified"));
  // Who prefers doesn't insist, and is told.
  server.mutable_tls()->set_root_certificate_file(other.certificate_file());
  server.mutable_tls()->set_mode(v1::TLS_MODE_PREFER);
  EXPECT_THAT(Tls(server), Warns("certificate verify failed"));
  EXPECT_THAT(Step(CheckSource(server), "clock"), Passes(""));
}

TEST_F(TlsTest, ARefusalOverTlsIsTold) {
  PostgresCluster::Options options = WithTls(Authority().Issue("localhost"));
  options.access = {"hostssl all all 127.0.0.1/32 reject", "hostnossl all all 127.0.0.1/32 trust"};
  PostgresCluster averse(options);
  EXPECT_THAT(Tls(Connection(averse, v1::TLS_MODE_UNSPECIFIED)), Warns("pg_hba.conf rejects"));
}

TEST_F(TlsTest, PlainTextIsRefusedByAServerThatWantsTls) {
  const Steps steps = CheckSource(Connection(Cluster(), v1::TLS_MODE_DISABLE));
  EXPECT_THAT(Step(steps, "connect"), Passes(""));
  EXPECT_THAT(Step(steps, "tls"), Fails(Reason::kTlsFailed));
  EXPECT_THAT(Tls(Connection(Cluster(), v1::TLS_MODE_UNSPECIFIED)), Passes("mode prefer"));
}

TEST_F(TlsTest, AServerWithoutTls) {
  PostgresCluster plain({.tcp = true});
  EXPECT_THAT(Tls(Connection(plain, v1::TLS_MODE_REQUIRE)), Fails(Reason::kTlsFailed));
  EXPECT_THAT(Tls(Connection(plain, v1::TLS_MODE_UNSPECIFIED)), Warns("offers no TLS"));
  EXPECT_THAT(Tls(Connection(plain, v1::TLS_MODE_DISABLE)), Warns("mode disable"));
  EXPECT_THAT(Tls(ByUrl(plain.Url("postgres"))), NotTried());
}

TEST_F(TlsTest, TheOldestProtocol) {
  PostgresCluster::Options options = WithTls(Authority().Issue("localhost"));
  options.settings.push_back("ssl_max_protocol_version = 'TLSv1.2'");
  PostgresCluster old(options);
  v1::PostgresConnection server = Connection(old, v1::TLS_MODE_REQUIRE);
  EXPECT_THAT(Tls(server), Passes("TLSv1.2"));
  server.mutable_tls()->set_minimum_protocol("TLSv1.3");
  EXPECT_THAT(Tls(server), Fails(Reason::kTlsFailed));

  options.settings.back() = "ssl_min_protocol_version = 'TLSv1.3'";
  PostgresCluster young(options);
  server = Connection(young, v1::TLS_MODE_REQUIRE);
  server.set_url(server.url() + " ssl_max_protocol_version=TLSv1.2");
  EXPECT_THAT(Tls(server), Fails(Reason::kTlsFailed));
}

TEST_F(TlsTest, ClientCertificates) {
  PostgresCluster::Options options = WithTls(Authority().Issue("localhost"));
  options.settings.push_back("ssl_ca_file = 'clients.crt'");
  std::stringstream authority;
  authority << std::ifstream(Authority().certificate_file()).rdbuf();
  options.files["clients.crt"] = authority.str();
  options.access = {"hostssl all all 127.0.0.1/32 trust clientcert=verify-ca"};
  PostgresCluster strict(options);
  v1::PostgresConnection server = Connection(strict, v1::TLS_MODE_REQUIRE);
  const Steps without = CheckSource(server);
  EXPECT_THAT(Step(without, "tls"), Fails(Reason::kTlsFailed));
  EXPECT_THAT(Step(without, "tls").remedy(), ::testing::HasSubstr("certificate_file"));

  const KeyPair client = Authority().Issue("lockstitch");
  v1::Tls& tls = *server.mutable_tls();
  tls.set_certificate_file(Authority().File("client.crt", client.certificate));
  tls.set_key_file(Authority().File("client.key", client.key));
  EXPECT_THAT(Step(CheckSource(server), "authenticate"), Passes("lockstitch"));

  const CertificateAuthority other;
  const KeyPair stranger = other.Issue("lockstitch");
  tls.set_certificate_file(other.File("client.crt", stranger.certificate));
  tls.set_key_file(other.File("client.key", stranger.key));
  EXPECT_THAT(Tls(server), Fails(Reason::kTlsFailed));
}

TEST_F(TlsTest, AKeyThatOthersMayReadIsRefused) {
  const KeyPair client = Authority().Issue("lockstitch");
  v1::PostgresConnection server = Connection(Cluster(), v1::TLS_MODE_REQUIRE);
  server.mutable_tls()->set_certificate_file(Authority().File("open.crt", client.certificate));
  server.mutable_tls()->set_key_file(Authority().File("open.key", client.key));
  std::filesystem::permissions(server.tls().key_file(), std::filesystem::perms::all);
  EXPECT_THAT(Tls(server), Fails(Reason::kTlsFailed));
}

}  // namespace
}  // namespace lockstitch::tests

#include "rpc/tls.h"

#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lockstitch/v1/discovery.grpc.pb.h"
#include "rpc/caller.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "rpc/status_conversion.h"
#include "status/reason.h"
#include "telemetry/metrics.h"
#include "testing/certificate_authority.h"
#include "testing/temporary_folder.h"

namespace lockstitch::rpc {
namespace {

using testing::CertificateAuthority;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KeyPair;

// Remembers who called it; Discover sends a response, and another one once it is let go.
class Service final : public v1::DiscoveryService::Service {
 public:
  grpc::Status CheckConnection(grpc::ServerContext* context, const v1::CheckConnectionRequest*,
                               v1::CheckConnectionResponse*) override {
    caller = CallerOf(*context);
    return grpc::Status::OK;
  }

  grpc::Status Discover(grpc::ServerContext*, const v1::DiscoverRequest*,
                        grpc::ServerWriter<v1::DiscoverResponse>* writer) override {
    writer->Write({});
    let_go.WaitForNotification();
    writer->Write({});
    return grpc::Status::OK;
  }

  Caller caller;
  absl::Notification let_go;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsFiles Files(const KeyPair& own, const CertificateAuthority& trusted) {
    const std::string name = "own" + std::to_string(++files_);
    return {.authority = trusted.certificate_file(),
            .certificate = authority_.File(name + ".crt", own.certificate),
            .key = authority_.File(name + ".key", own.key)};
  }
  KeyPair ForServer(int days = 1) { return authority_.Issue("server", days, {"IP:127.0.0.1"}); }
  KeyPair ForClient() { return authority_.Issue("client"); }

  static std::unique_ptr<Tls> Open(const TlsFiles& files) {
    auto tls = Tls::Open(files);
    EXPECT_TRUE(tls.ok()) << tls.status();
    return *std::move(tls);
  }

  std::unique_ptr<Server> Serve(const Tls* tls,
                                ClientCertificates wanted = ClientCertificates::kRequired) {
    auto server = Server::Start({.listen = "127.0.0.1:0",
                                 .tls = tls,
                                 .client_certificates = wanted,
                                 .services = {service_},
                                 .metrics = &metrics_});
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  // Once; `context` tells who served it.
  static absl::Status Call(const Channel& channel, grpc::ClientContext* context) {
    v1::CheckConnectionResponse response;
    return FromGrpc(v1::DiscoveryService::NewStub(channel)->CheckConnection(
                        context, v1::CheckConnectionRequest(), &response),
                    "server");
  }
  static absl::Status Call(const Channel& channel) {
    grpc::ClientContext context;
    return Call(channel, &context);
  }

  static void ExpectTlsFailed(const absl::Status& status, const std::string& why) {
    EXPECT_EQ(ReasonOf(status), Reason::kPeerTlsFailed) << status;
    EXPECT_TRUE(CallBroke(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }

  const CertificateAuthority authority_;
  const CertificateAuthority other_;
  const std::shared_ptr<Service> service_ = std::make_shared<Service>();
  telemetry::NoMetrics metrics_;
  int files_ = 0;
};

TEST_F(TlsTest, WithoutFilesThereIsNone) {
  const auto none = Tls::Open({});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, nullptr);
}

TEST_F(TlsTest, ACallersCertificateTellsItsName) {
  const auto tls = Open(Files(ForServer(), authority_));
  const auto server = Serve(tls.get());
  const auto client = Open(Files(authority_.Issue("first", 1, {"DNS:second"}), authority_));
  const absl::Status status = Call(Connect(server->address(), {.tls = client.get()}));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(service_->caller.local);
  EXPECT_FALSE(service_->caller.plaintext);
  EXPECT_THAT(service_->caller.certificate_names, ElementsAre("first", "second"));
}

TEST_F(TlsTest, AClientNeedsACertificateWhereItIsRequired) {
  const auto tls = Open(Files(ForServer(), authority_));
  const auto required = Serve(tls.get());
  const auto optional = Serve(tls.get(), ClientCertificates::kOptional);
  const auto nobody = Open({.authority = authority_.certificate_file()});
  ExpectTlsFailed(Call(Connect(required->address(), {.tls = nobody.get()})),
                  "refuses this end's certificate");
  EXPECT_TRUE(Call(Connect(optional->address(), {.tls = nobody.get()})).ok());
  EXPECT_FALSE(service_->caller.local);
  EXPECT_FALSE(service_->caller.plaintext);
  EXPECT_THAT(service_->caller.certificate_names, IsEmpty());
}

TEST_F(TlsTest, CertificatesOfOtherAuthoritiesAreRefused) {
  const auto tls = Open(Files(ForServer(), authority_));
  const auto distrustful = Open(Files(ForClient(), other_));
  const auto foreign = Open(Files(other_.Issue("client"), authority_));
  for (const auto wanted : {ClientCertificates::kRequired, ClientCertificates::kOptional}) {
    const auto server = Serve(tls.get(), wanted);
    ExpectTlsFailed(Call(Connect(server->address(), {.tls = distrustful.get()})),
                    "certificate verify failed");
    ExpectTlsFailed(Call(Connect(server->address(), {.tls = foreign.get()})),
                    "refuses this end's certificate");
  }
}

TEST_F(TlsTest, ExpiredCertificatesAreRefused) {
  // What neither end would start with.
  const KeyPair old_client = authority_.Issue("client", -1), old_server = ForServer(-1);
  grpc::SslServerCredentialsOptions serving;
  serving.pem_key_cert_pairs = {{old_server.key, old_server.certificate}};
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(serving), &port);
  const auto expired = builder.BuildAndStart();
  const auto client = Open(Files(ForClient(), authority_));
  ExpectTlsFailed(Call(Connect("127.0.0.1:" + std::to_string(port), {.tls = client.get()})),
                  "certificate verify failed");

  const auto tls = Open(Files(ForServer(), authority_));
  const auto server = Serve(tls.get(), ClientCertificates::kOptional);
  const auto credentials = grpc::SslCredentials({.pem_root_certs = authority_.certificate(),
                                                 .pem_private_key = old_client.key,
                                                 .pem_cert_chain = old_client.certificate});
  ExpectTlsFailed(Call(grpc::CreateChannel(server->address(), credentials)),
                  "refuses this end's certificate");
}

TEST_F(TlsTest, AServersCertificateMustNameTheHost) {
  const auto tls = Open(Files(authority_.Issue("server"), authority_));
  const auto server = Serve(tls.get());
  const auto client = Open(Files(ForClient(), authority_));
  ExpectTlsFailed(Call(Connect(server->address(), {.tls = client.get()})),
                  "Hostname Verification Check failed");
  EXPECT_TRUE(
      Call(Connect(server->address(), {.tls = client.get(), .server_name = "server"})).ok());
}

TEST_F(TlsTest, BothEndsHaveItOrNeither) {
  const auto tls = Open(Files(ForServer(), authority_));
  const auto client = Open(Files(ForClient(), authority_));
  const auto server = Serve(tls.get());
  const auto plain = Serve(nullptr);
  ExpectTlsFailed(Call(Connect(server->address())), "it has TLS and this end has not");
  ExpectTlsFailed(Call(Connect(plain->address(), {.tls = client.get()})), "wrong version number");
}

// As Kubernetes keeps a Secret's files: links into a folder that is exchanged as a whole.
class Secret {
 public:
  explicit Secret(const TlsFiles& first) {
    Write(first);
    for (const char* name : {"ca.crt", "tls.crt", "tls.key"})
      std::filesystem::create_symlink(std::string("..data/") + name, folder_.path() + "/" + name);
  }

  void Write(const TlsFiles& files) {
    const std::string version = "..version" + std::to_string(++versions_);
    std::filesystem::create_directory(folder_.path() + "/" + version);
    const auto copy = [&](const std::string& from, const char* name) {
      std::filesystem::copy_file(from, folder_.path() + "/" + version + "/" + name);
    };
    copy(files.authority, "ca.crt");
    copy(files.certificate, "tls.crt");
    copy(files.key, "tls.key");
    std::filesystem::create_symlink(version, folder_.path() + "/..next");
    std::filesystem::rename(folder_.path() + "/..next", folder_.path() + "/..data");
  }

  TlsFiles files() const {
    return {.authority = folder_.path() + "/ca.crt",
            .certificate = folder_.path() + "/tls.crt",
            .key = folder_.path() + "/tls.key"};
  }

 private:
  const testing::TemporaryFolder folder_;
  int versions_ = 0;
};

TEST_F(TlsTest, RenewedFilesGoForNewConnectionsAndOpenCallsLiveOn) {
  // Both certificates and the authority change.
  Secret secret(Files(ForServer(), authority_));
  const auto tls = Open(secret.files());
  const auto server = Serve(tls.get());
  const auto old_client = Open(Files(ForClient(), authority_));
  const auto stub =
      v1::DiscoveryService::NewStub(Connect(server->address(), {.tls = old_client.get()}));
  grpc::ClientContext context;
  const auto open = stub->Discover(&context, v1::DiscoverRequest());
  v1::DiscoverResponse response;
  ASSERT_TRUE(open->Read(&response));

  secret.Write(Files(other_.Issue("server", 1, {"IP:127.0.0.1"}), other_));
  const auto new_client = Open(Files(other_.Issue("client"), other_));
  while (!Call(Connect(server->address(), {.tls = new_client.get()})).ok()) continue;
  const auto late_client = Open(Files(ForClient(), authority_));
  ExpectTlsFailed(Call(Connect(server->address(), {.tls = late_client.get()})),
                  "certificate verify failed");

  service_->let_go.Notify();
  EXPECT_TRUE(open->Read(&response));
  EXPECT_TRUE(open->Finish().ok());
}

TEST_F(TlsTest, FilesThatCantBeUsedStopNewConnectionsUntilTheyAreRight) {
  const TlsFiles good = Files(ForServer(), authority_);
  Secret secret(good);
  const auto tls = Open(secret.files());
  const auto server = Serve(tls.get());
  const auto client = Open(Files(ForClient(), authority_));
  const auto call = [&] { return Call(Connect(server->address(), {.tls = client.get()})); };
  ASSERT_TRUE(call().ok());
  TlsFiles mixed = good;
  mixed.key = Files(ForServer(), authority_).key;
  secret.Write(mixed);
  while (call().ok()) continue;
  secret.Write(Files(ForServer(2), authority_));
  while (!call().ok()) continue;
}

}  // namespace
}  // namespace lockstitch::rpc

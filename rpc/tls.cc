#include "rpc/tls.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>

#include "rpc/grpc_log.h"
#include "status/macros.h"
#include "telemetry/log.h"

namespace lockstitch::rpc {
namespace {

namespace experimental = grpc::experimental;

constexpr unsigned kRefreshSeconds = 1;

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

}  // namespace

// gRPC's own watch over the files.
struct Tls::Provider {
  explicit Provider(const TlsFiles& files) {
    KeepGrpcLog();
    grpc_init();
    certificates = std::make_shared<experimental::FileWatcherCertificateProvider>(
        files.key, files.certificate, files.authority, kRefreshSeconds);
  }
  ~Provider() {
    certificates.reset();
    grpc_shutdown();
  }

  std::shared_ptr<experimental::FileWatcherCertificateProvider> certificates;
};

absl::StatusOr<std::unique_ptr<Tls>> Tls::Open(const TlsFiles& files) {
  if (!files.given()) return nullptr;
  ASSIGN_OR_RETURN(const absl::Time expiry, CheckTlsFiles(files));
  return std::unique_ptr<Tls>(new Tls(files, expiry));
}

Tls::Tls(const TlsFiles& files, absl::Time expiry)
    : files_(files),
      provider_(std::make_shared<Provider>(files)),
      last_(expiry),
      ticker_([this] { LookAgain(); }) {
  experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_->certificates);
  options.watch_root_certs();
  if (!files.certificate.empty()) options.watch_identity_key_cert_pairs();
  channels_ = experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ServerCredentials> Tls::ForServer(ClientCertificates wanted) const {
  experimental::TlsServerCredentialsOptions options(provider_->certificates);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(wanted == ClientCertificates::kRequired
                                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return experimental::TlsServerCredentials(options);
}

void Tls::LookAgain() {
  absl::StatusOr<absl::Time> now = CheckTlsFiles(files_);
  if (now == last_) return;
  if (!now.ok()) {
    telemetry::LogError("the TLS files can't be used", now.status());
  } else {
    telemetry::Log(telemetry::LogSeverity::kInfo, "the certificate was renewed",
                   {{"file", files_.certificate}, {"valid_until", TimeText(*now)}});
  }
  last_ = std::move(now);
}

}  // namespace lockstitch::rpc

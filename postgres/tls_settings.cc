#include "postgres/tls_settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "postgres/connection_files.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

// Below verify-ca libpq tests the certificate if ~/.postgresql/root.crt is there, unless it is sent
// to a file that isn't; nothing can lie below a device.
constexpr char kNoRootFile[] = "/dev/null/none";

// Debian's, Red Hat's, Alpine's.
constexpr const char* kAuthorityBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

constexpr absl::string_view kProtocols[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

const char* ModeName(v1::TlsMode mode) {
  switch (mode) {
    case v1::TLS_MODE_DISABLE:
      return "disable";
    case v1::TLS_MODE_PREFER:
      return "prefer";
    case v1::TLS_MODE_REQUIRE:
      return "require";
    case v1::TLS_MODE_VERIFY_CA:
      return "verify-ca";
    case v1::TLS_MODE_VERIFY_FULL:
      return "verify-full";
    default:
      return "";
  }
}

absl::Status Invalid(absl::string_view message, absl::string_view remedy) {
  return Error(Reason::kConnectionStringInvalid, message, remedy);
}

absl::StatusOr<std::string> MachinesAuthorities() {
  if (const char* chosen = std::getenv("SSL_CERT_FILE"); chosen != nullptr) return chosen;
  for (const char* bundle : kAuthorityBundles) {
    if (std::ifstream(bundle)) return bundle;
  }
  return Error(Reason::kConnectionFileUnreadable,
               "this machine has no bundle of trusted authorities",
               "Install ca-certificates, or name the authority: tls.root_certificate_file, or "
               "sslrootcert in the URL.");
}

// The mode where the connection gives none. Whoever names an authority doesn't want plain text.
std::string DefaultMode(const std::string& effective, const std::string& root,
                        bool host_demands_tls) {
  if (effective != "prefer") return effective;
  // Anybody may have a certificate of the machine's authorities.
  if (root == "system") return "verify-full";
  return host_demands_tls || !root.empty() ? "require" : effective;
}

absl::Status TestFiles(const Parameters& effective, const std::string& root) {
  if (!root.empty()) RETURN_IF_ERROR(TestReadable(root, "tls.root_certificate_file (sslrootcert)"));
  const std::string certificate = ValueOf(effective, "sslcert");
  const std::string key = ValueOf(effective, "sslkey");
  if (!certificate.empty())
    RETURN_IF_ERROR(TestReadable(certificate, "tls.certificate_file (sslcert)"));
  // `engine:key` is not a file.
  if (!key.empty() && !absl::StrContains(key, ":"))
    RETURN_IF_ERROR(TestReadable(key, "tls.key_file (sslkey)"));
  return absl::OkStatus();
}

}  // namespace

absl::Status AddTls(const v1::Tls& tls, Parameters& parameters) {
  Override(parameters, "sslmode", ModeName(tls.mode()));
  Override(parameters, "sslrootcert", tls.root_certificate_file());
  Override(parameters, "sslcert", tls.certificate_file());
  Override(parameters, "sslkey", tls.key_file());
  Override(parameters, "ssl_min_protocol_version", tls.minimum_protocol());
  if (parameters.contains("sslkey") && !parameters.contains("sslcert")) {
    return Invalid("a client key is given without its certificate",
                   "Set tls.certificate_file, or sslcert in the URL.");
  }
  if (!tls.certificate_file().empty() && !parameters.contains("sslkey")) {
    return Invalid("a client certificate is given without its key",
                   "Set tls.key_file, or sslkey in the URL.");
  }
  const auto protocol = parameters.find("ssl_min_protocol_version");
  if (protocol != parameters.end() && std::find(std::begin(kProtocols), std::end(kProtocols),
                                                protocol->second) == std::end(kProtocols)) {
    return Invalid("the minimum TLS protocol isn't one that is known",
                   "Set one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3.");
  }
  return absl::OkStatus();
}

absl::StatusOr<TlsSettings> DecideTls(const Parameters& given, const Parameters& effective,
                                      bool host_demands_tls) {
  TlsSettings tls;
  tls.mode = ValueOf(effective, "sslmode");
  std::string root = ValueOf(effective, "sslrootcert");
  if (!given.contains("sslmode")) tls.mode = DefaultMode(tls.mode, root, host_demands_tls);
  const bool must_verify = absl::StartsWith(tls.mode, "verify");
  tls.verifies_certificate = must_verify || !root.empty();
  if (root.empty() ? must_verify : root == "system") {
    ASSIGN_OR_RETURN(root, MachinesAuthorities());
  }
  tls.root_file = root.empty() ? kNoRootFile : root;
  if (tls.mode != "disable") RETURN_IF_ERROR(TestFiles(effective, root));
  return tls;
}

}  // namespace lockstitch::postgres

#include "postgres/connection_settings.h"

#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

using Parameters = std::map<std::string, std::string>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionList = std::unique_ptr<PQconninfoOption, FreeOptions>;
struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

// Below verify-ca libpq tests the certificate if ~/.postgresql/root.crt is there, unless it is sent
// to a file that isn't; nothing can lie below a device.
constexpr char kNoRootFile[] = "/dev/null/none";

constexpr char kDefaultPort[] = "5432";

constexpr absl::string_view kHerokuEndings[] = {".compute-1.amazonaws.com",
                                                ".compute.amazonaws.com", ".rds.amazonaws.com",
                                                ".heroku.com", ".herokuapp.com"};

// Debian's, Red Hat's, Alpine's.
constexpr const char* kAuthorityBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

constexpr absl::string_view kProtocols[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

absl::Status Invalid(absl::string_view message, absl::string_view remedy = "") {
  return Error(Reason::kConnectionStringInvalid, message, remedy);
}

// The path isn't told: people mistake these fields for the content.
absl::Status Unreadable(absl::string_view field) {
  return Error(
      Reason::kConnectionFileUnreadable,
      absl::StrCat("the file that ", field, " names can't be read: ", std::strerror(errno)));
}

absl::StatusOr<std::string> FirstLine(const std::string& path, absl::string_view field) {
  errno = 0;
  std::ifstream file(path);
  std::string line;
  if (!file) return Unreadable(field);
  if (!std::getline(file, line) && errno != 0) return Unreadable(field);
  absl::StripAsciiWhitespace(&line);
  if (!line.empty()) return line;
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the first line of the file that ", field, " names is empty"));
}

absl::Status TestReadable(const std::string& path, absl::string_view field) {
  errno = 0;
  if (std::ifstream file(path); file && file.peek() != EOF) return absl::OkStatus();
  if (errno != 0) return Unreadable(field);
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the file that ", field, " names is empty"));
}

// Where a password with special characters is not percent-encoded, a part of it is taken for the
// host, the port or the database, and would be told in errors.
bool LooksLikeSecret(absl::string_view keyword, absl::string_view value) {
  if (keyword == "host" || keyword == "hostaddr" || keyword == "dbname")
    return absl::StrContains(value, "@");
  return keyword == "port" && value.find_first_not_of("0123456789,") != absl::string_view::npos;
}

absl::StatusOr<Parameters> ParseUrl(const std::string& url) {
  const absl::Status invalid = Invalid("the connection string can't be read");
  char* error = nullptr;
  const OptionList options(PQconninfoParse(url.c_str(), &error));
  // The parser's message may quote a part of a password.
  if (error != nullptr) PQfreemem(error);
  if (options == nullptr || (!absl::StrContains(url, "=") && !absl::StrContains(url, "://"))) {
    return invalid;
  }
  Parameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (LooksLikeSecret(option->keyword, option->val)) return invalid;
    parameters[option->keyword] = option->val;
  }
  return parameters;
}

absl::StatusOr<Parameters> UrlParameters(const v1::PostgresConnection& server) {
  if (server.url_file().empty()) {
    if (server.url().empty()) return Parameters();
    return ParseUrl(server.url());
  }
  if (!server.url().empty()) {
    return Invalid("both url and url_file are given", "Give one of them.");
  }
  ASSIGN_OR_RETURN(const std::string url, FirstLine(server.url_file(), "url_file"));
  return ParseUrl(url);
}

void Override(Parameters& parameters, const char* keyword, const std::string& value) {
  if (!value.empty()) parameters[keyword] = value;
}

absl::Status AddPassword(const v1::PostgresConnection& server, Parameters& parameters) {
  Override(parameters, "password", server.password());
  if (server.password_file().empty()) return absl::OkStatus();
  if (!server.password().empty()) {
    return Invalid("both password and password_file are given", "Give one of them.");
  }
  ASSIGN_OR_RETURN(parameters["password"], FirstLine(server.password_file(), "password_file"));
  return absl::OkStatus();
}

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

// What the connection itself says.
absl::StatusOr<Parameters> Given(const v1::PostgresConnection& server) {
  ASSIGN_OR_RETURN(Parameters parameters, UrlParameters(server));
  if (!server.host().empty()) parameters.erase("hostaddr");
  Override(parameters, "host", server.host());
  Override(parameters, "port", server.port() == 0 ? "" : absl::StrCat(server.port()));
  Override(parameters, "dbname", server.database());
  Override(parameters, "user", server.user());
  Override(parameters, "service", server.service());
  if (parameters.empty()) {
    return Invalid("the connection names no database",
                   "Give url, url_file, service, or host and database.");
  }
  RETURN_IF_ERROR(AddPassword(server, parameters));
  RETURN_IF_ERROR(AddTls(server.tls(), parameters));
  return parameters;
}

// What libpq makes of it together with service file, environment and defaults. It tells of a
// connection only: this one is refused for its gssencmode before it would resolve or reach anybody.
absl::StatusOr<Parameters> Effective(const Parameters& given) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : given) {
    if (keyword == "gssencmode") continue;
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.insert(keywords.end(), {"gssencmode", nullptr});
  values.insert(values.end(), {"only-to-ask", nullptr});
  const std::unique_ptr<PGconn, FinishConnection> unconnected(
      PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/0));
  const OptionList options(unconnected ? PQconninfo(unconnected.get()) : nullptr);
  Parameters effective;
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option) {
    if (option->val != nullptr) effective[option->keyword] = option->val;
  }
  // It has a default: nothing was taken over.
  if (effective.contains("sslmode")) return effective;
  return Invalid("the connection service can't be read",
                 "Name a service that stands in the file PGSERVICEFILE or ~/.pg_service.conf of "
                 "the machine on which the service runs.");
}

std::string ValueOf(const Parameters& parameters, const std::string& keyword) {
  const auto found = parameters.find(keyword);
  return found == parameters.end() ? "" : found->second;
}

absl::StatusOr<std::vector<Host>> HostsOf(const Parameters& effective) {
  const std::vector<std::string> names = absl::StrSplit(ValueOf(effective, "host"), ',');
  const std::string given_addresses = ValueOf(effective, "hostaddr");
  const std::vector<std::string> addresses = absl::StrSplit(given_addresses, ',');
  const std::vector<std::string> ports = absl::StrSplit(ValueOf(effective, "port"), ',');
  const size_t count = std::max(names.size(), given_addresses.empty() ? 1 : addresses.size());
  const auto fits = [count](const std::vector<std::string>& list) {
    return list.size() == 1 || list.size() == count;
  };
  if (!fits(ports) || (names.size() != count && ValueOf(effective, "host") != "") ||
      (addresses.size() != count && !given_addresses.empty())) {
    return Invalid("hosts and ports don't match in number",
                   "Give as many ports as hosts, or one for all.");
  }
  std::vector<Host> hosts;
  for (size_t i = 0; i < count; ++i) {
    hosts.push_back({.name = names.size() == count ? names[i] : "",
                     .address = addresses.size() == count ? addresses[i] : "",
                     .port = ports.size() == count ? ports[i] : ports[0]});
    if (hosts.back().port.empty()) hosts.back().port = kDefaultPort;
  }
  return hosts;
}

bool IsHeroku(const Host& host) {
  return std::any_of(
      std::begin(kHerokuEndings), std::end(kHerokuEndings),
      [&](absl::string_view ending) { return absl::EndsWithIgnoreCase(host.name, ending); });
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

absl::Status DecideTls(const Parameters& effective, ConnectionSettings& settings) {
  settings.tls_mode = ValueOf(effective, "sslmode");
  const bool chosen = settings.parameters.contains("sslmode");
  if (!chosen && settings.tls_mode == "prefer" &&
      std::any_of(settings.hosts.begin(), settings.hosts.end(), IsHeroku)) {
    settings.tls_mode = "require";
  }
  settings.parameters["sslmode"] = settings.tls_mode;
  std::string root = ValueOf(effective, "sslrootcert");
  const bool must_verify = absl::StartsWith(settings.tls_mode, "verify");
  settings.verifies_certificate = must_verify || !root.empty();
  if (root.empty() ? must_verify : root == "system") {
    ASSIGN_OR_RETURN(root, MachinesAuthorities());
  }
  settings.parameters["sslrootcert"] = root.empty() ? kNoRootFile : root;
  if (settings.tls_mode == "disable") return absl::OkStatus();
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

bool Host::is_socket() const {
  return address.empty() && (name.empty() || name[0] == '/' || name[0] == '@');
}

std::string Host::label() const {
  if (is_socket()) return name.empty() ? "the default socket" : name;
  return absl::StrCat(name.empty() ? address : name, ":", port);
}

absl::StatusOr<ConnectionSettings> ReadConnectionSettings(const v1::PostgresConnection& server) {
  ConnectionSettings settings;
  ASSIGN_OR_RETURN(settings.parameters, Given(server));
  ASSIGN_OR_RETURN(const Parameters effective, Effective(settings.parameters));
  ASSIGN_OR_RETURN(settings.hosts, HostsOf(effective));
  RETURN_IF_ERROR(DecideTls(effective, settings));
  for (const char* keyword : {"host", "hostaddr", "port"}) settings.parameters.erase(keyword);
  settings.user = ValueOf(effective, "user");
  settings.database = ValueOf(effective, "dbname");
  int seconds = 0;
  if (absl::SimpleAtoi(ValueOf(effective, "connect_timeout"), &seconds) && seconds > 0) {
    settings.timeout = absl::Seconds(seconds);
  }
  // A connection that hangs is noticed within a minute.
  settings.parameters.try_emplace("keepalives_idle", "30");
  settings.parameters.try_emplace("keepalives_interval", "10");
  settings.parameters.try_emplace("keepalives_count", "3");
  settings.parameters.try_emplace("tcp_user_timeout", "60000");
  return settings;
}

}  // namespace lockstitch::postgres

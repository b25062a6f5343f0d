#include "postgres/connection_settings.h"

#include <postgresql/libpq-fe.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "postgres/connection_files.h"
#include "postgres/connection_handle.h"
#include "postgres/connection_url.h"
#include "postgres/tls_settings.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

constexpr char kDefaultPort[] = "5432";

constexpr absl::string_view kHerokuEndings[] = {".compute-1.amazonaws.com",
                                                ".compute.amazonaws.com", ".rds.amazonaws.com",
                                                ".heroku.com", ".herokuapp.com"};

absl::Status Invalid(absl::string_view message, absl::string_view remedy = "") {
  return Error(Reason::kConnectionStringInvalid, message, remedy);
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

absl::Status AddPassword(const v1::PostgresConnection& server, Parameters& parameters) {
  Override(parameters, "password", server.password());
  if (server.password_file().empty()) return absl::OkStatus();
  if (!server.password().empty()) {
    return Invalid("both password and password_file are given", "Give one of them.");
  }
  ASSIGN_OR_RETURN(parameters["password"], FirstLine(server.password_file(), "password_file"));
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
  const ConnectionHandle unconnected(
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

absl::StatusOr<std::vector<Host>> HostsOf(const Parameters& effective) {
  const std::vector<std::string> names = absl::StrSplit(ValueOf(effective, "host"), ',');
  const std::string given_addresses = ValueOf(effective, "hostaddr");
  const std::vector<std::string> addresses = absl::StrSplit(given_addresses, ',');
  const std::vector<std::string> ports = absl::StrSplit(ValueOf(effective, "port"), ',');
  const size_t count = std::max(names.size(), given_addresses.empty() ? 1 : addresses.size());
  const auto fits = [count](const std::vector<std::string>& list) {
    return list.size() == 1 || list.size() == count;
  };
  if (!fits(ports) || (names.size() != count && !ValueOf(effective, "host").empty()) ||
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

// Zero if it isn't given.
absl::StatusOr<absl::Duration> TimeoutOf(const Parameters& effective) {
  const std::string given = ValueOf(effective, "connect_timeout");
  int seconds = 0;
  if (!given.empty() && !absl::SimpleAtoi(given, &seconds))
    return Invalid("connect_timeout is no number", "Give it in whole seconds.");
  return absl::Seconds(std::max(seconds, 0));
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
  const bool heroku = std::any_of(settings.hosts.begin(), settings.hosts.end(), IsHeroku);
  ASSIGN_OR_RETURN(settings.tls, DecideTls(settings.parameters, effective, heroku));
  settings.parameters["sslmode"] = settings.tls.mode;
  settings.parameters["sslrootcert"] = settings.tls.root_file;
  ASSIGN_OR_RETURN(settings.timeout, TimeoutOf(effective));
  for (const char* keyword : {"host", "hostaddr", "port"}) settings.parameters.erase(keyword);
  settings.user = ValueOf(effective, "user");
  settings.database = ValueOf(effective, "dbname");
  // A connection that hangs is noticed within a minute.
  settings.parameters.try_emplace("keepalives_idle", "30");
  settings.parameters.try_emplace("keepalives_interval", "10");
  settings.parameters.try_emplace("keepalives_count", "3");
  settings.parameters.try_emplace("tcp_user_timeout", "60000");
  return settings;
}

}  // namespace lockstitch::postgres

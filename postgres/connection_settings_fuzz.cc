#include "postgres/connection_settings.h"
#include "postgres/connection_url.h"
#include "postgres/database_label.h"
#include "postgres/url_secrets.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::postgres {
namespace {

using testing::Require;

v1::PostgresConnection Server(const std::string& url) {
  v1::PostgresConnection server;
  server.set_url(url);
  return server;
}

FUZZ_TARGET(input) {
  const std::string url(input);
  absl::StatusOr<Parameters> parameters = ParseUrl(url);
  if (!parameters.ok()) return;
  // Other people's files are not to be read, wherever the fuzzer says that they are.
  for (const char* file : {"service", "passfile", "sslrootcert", "sslcert", "sslkey", "sslcrl"}) {
    if (parameters->contains(file)) return;
  }
  const absl::StatusOr<ConnectionSettings> settings = ReadConnectionSettings(Server(url));
  if (!settings.ok()) {
    Require(ReasonOf(settings.status()) == Reason::kConnectionStringInvalid, "a reason");
    return;
  }
  Require(!settings->hosts.empty(), "at least one host");
  for (const Host& host : settings->hosts) {
    Require(!host.port.empty(), "every host has a port");
    Require(!host.label().empty(), "every host has a label");
  }
  for (const char* keyword : {"host", "hostaddr", "port"})
    Require(!settings->parameters.contains(keyword), "hosts stand by themselves");
  // The label tells no password, and doesn't change with it.
  const std::string label = DatabaseLabel(Server(url));
  (*parameters)["password"] = "another one";
  Require(label == DatabaseLabel(Server(JoinUrl(*parameters, url))), "no password in the label");
}

}  // namespace
}  // namespace lockstitch::postgres

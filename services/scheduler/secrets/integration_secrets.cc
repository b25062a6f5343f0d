#include "services/scheduler/secrets/integration_secrets.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "postgres/parameters.h"
#include "postgres/url_secrets.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Parameters;
using postgres::SplitParameters;

// Nothing of what can't be read, in which anything may be a secret.
SplitParameters SplitOrNothing(const std::string& url) {
  if (url.empty()) return {};
  return postgres::SplitUrl(url).value_or(SplitParameters());
}

std::string ShownConnectionUrl(const std::string& url) {
  if (url.empty()) return "";
  const absl::StatusOr<SplitParameters> split = postgres::SplitUrl(url);
  return split.ok() ? postgres::JoinUrl(split->shown, url) : "";
}

void Show(v1::PostgresConnection* connection) {
  connection->set_url(ShownConnectionUrl(connection->url()));
  connection->clear_password();
}

// Without credentials, query and fragment; nothing of what is no URL.
std::string ShownWebhookUrl(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return "";
  const absl::string_view rest = url.substr(scheme + 3, url.find_first_of("?#") - scheme - 3);
  const size_t path = std::min(rest.find('/'), rest.size());
  absl::string_view host = rest.substr(0, path);
  const size_t credentials = host.rfind('@');
  if (credentials != absl::string_view::npos) host.remove_prefix(credentials + 1);
  // A password with a slash in it looks like a port.
  const size_t port = host.substr(host.rfind(']') + 1).find(':');
  for (const char c : port == absl::string_view::npos ? "" : host.substr(host.rfind(':') + 1)) {
    if (!absl::ascii_isdigit(c)) return "";
  }
  return std::string(url.substr(0, scheme + 3)) + std::string(host) +
         std::string(rest.substr(path));
}

// What tells one server, database and user from others, as far as the settings say.
Parameters EndpointOf(const v1::PostgresConnection& connection) {
  const Parameters url = SplitOrNothing(connection.url()).shown;
  Parameters endpoint;
  for (const char* keyword : {"host", "hostaddr", "port", "dbname", "user", "service"})
    postgres::Override(endpoint, keyword, postgres::ValueOf(url, keyword));
  postgres::Override(endpoint, "host", connection.host());
  if (connection.port() != 0) endpoint["port"] = std::to_string(connection.port());
  postgres::Override(endpoint, "dbname", connection.database());
  postgres::Override(endpoint, "user", connection.user());
  postgres::Override(endpoint, "service", connection.service());
  postgres::Override(endpoint, "url_file", connection.url_file());
  return endpoint;
}

// A URL keeps its secrets as long as there is one to hold them; a password moves where there is
// none.
void Keep(const v1::PostgresConnection& kept, v1::PostgresConnection* edited) {
  if (EndpointOf(*edited) != EndpointOf(kept)) return;
  Parameters secrets = SplitOrNothing(kept.url()).secrets;
  SplitParameters url = SplitOrNothing(edited->url());
  const bool has_password = !edited->password().empty() || !edited->password_file().empty() ||
                            url.secrets.count("password") > 0 || url.shown.count("passfile") > 0;
  if (has_password) {
    secrets.erase("password");
  } else if (!kept.password().empty() || edited->url().empty()) {
    edited->set_password(kept.password().empty() ? postgres::ValueOf(secrets, "password")
                                                 : kept.password());
    if (kept.password().empty()) secrets.erase("password");
  }
  if (edited->url().empty() || secrets.empty()) return;
  if (edited->url() == ShownConnectionUrl(kept.url()) && url.secrets.empty() && !has_password)
    return edited->set_url(kept.url());
  url.shown.insert(url.secrets.begin(), url.secrets.end());
  url.shown.insert(secrets.begin(), secrets.end());
  edited->set_url(postgres::JoinUrl(url.shown, edited->url()));
}

}  // namespace

SplitIntegration Split(const v1::Integration& integration) {
  SplitIntegration split;
  split.shown = integration;
  if (integration.has_source()) *split.secrets.mutable_source() = integration.source();
  if (integration.has_destination())
    *split.secrets.mutable_destination() = integration.destination();
  *split.secrets.mutable_webhooks() = integration.webhooks();
  if (integration.source().has_postgres()) Show(split.shown.mutable_source()->mutable_postgres());
  if (integration.destination().has_postgres())
    Show(split.shown.mutable_destination()->mutable_postgres());
  for (v1::Webhook& webhook : *split.shown.mutable_webhooks()) {
    webhook.set_url(ShownWebhookUrl(webhook.url()));
    webhook.clear_signing_key();
  }
  return split;
}

v1::Integration Join(const SplitIntegration& split) {
  v1::Integration integration = split.shown;
  if (split.secrets.has_source()) *integration.mutable_source() = split.secrets.source();
  if (split.secrets.has_destination())
    *integration.mutable_destination() = split.secrets.destination();
  *integration.mutable_webhooks() = split.secrets.webhooks();
  return integration;
}

v1::Integration WithKeptSecrets(const v1::Integration& edited, const v1::Integration& kept) {
  v1::Integration integration = edited;
  if (edited.source().has_postgres())
    Keep(kept.source().postgres(), integration.mutable_source()->mutable_postgres());
  if (edited.destination().has_postgres())
    Keep(kept.destination().postgres(), integration.mutable_destination()->mutable_postgres());
  // Of those that are shown alike the first stands for the first.
  google::protobuf::RepeatedPtrField<v1::Webhook> left = kept.webhooks();
  for (v1::Webhook& webhook : *integration.mutable_webhooks()) {
    for (auto candidate = left.begin(); candidate != left.end(); ++candidate) {
      if (webhook.url() != candidate->url() && webhook.url() != ShownWebhookUrl(candidate->url()))
        continue;
      webhook.set_url(candidate->url());
      if (webhook.signing_key().empty()) webhook.set_signing_key(candidate->signing_key());
      left.erase(candidate);
      break;
    }
  }
  return integration;
}

}  // namespace lockstitch::scheduler

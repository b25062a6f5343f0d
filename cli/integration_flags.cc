#include "cli/integration_flags.h"

#include <map>

#include "schema/stream_name.h"
#include "schema/stream_pattern.h"

namespace lockstitch::cli {
namespace {

void SetUrl(const std::string& url, v1::PostgresConnection* database) {
  v1::PostgresConnection replaced;
  replaced.set_url(url);
  if (database->has_tls()) *replaced.mutable_tls() = database->tls();
  replaced.set_max_connections(database->max_connections());
  replaced.set_session_pooler(database->session_pooler());
  *database = replaced;
}

}  // namespace

void SetUrls(const std::string& source, const std::string& destination,
             v1::Integration* integration) {
  if (!source.empty()) SetUrl(source, integration->mutable_source()->mutable_postgres());
  if (!destination.empty())
    SetUrl(destination, integration->mutable_destination()->mutable_postgres());
}

void SelectOnly(const std::vector<std::string>& streams, v1::Integration* integration) {
  if (streams.empty()) return;
  std::map<std::string, v1::StreamSettings> described;
  for (const v1::StreamSettings& settings : integration->streams()) {
    const auto name = schema::ParseStreamName(settings.stream());
    if (name.ok()) described[schema::StreamName(*name)] = settings;
  }
  integration->clear_streams();
  integration->mutable_selection()->clear_patterns();
  const auto select = [&](const std::string& stream) {
    v1::StreamSettings& settings = *integration->add_streams();
    if (const auto found = described.extract(stream); found) settings = found.mapped();
    settings.set_stream(stream);
    settings.clear_selected();
  };
  std::vector<schema::StreamPattern> patterns;
  for (const std::string& stream : streams) {
    const auto name = schema::ParseStreamName(stream);
    if (name.ok()) {
      select(schema::StreamName(*name));
      continue;
    }
    integration->mutable_selection()->add_patterns(stream);
    if (auto pattern = schema::StreamPattern::Parse(stream); pattern.ok())
      patterns.push_back(*std::move(pattern));
  }
  std::vector<std::string> found;
  for (const auto& [stream, settings] : described) {
    if (schema::Selects(patterns, *schema::ParseStreamName(stream))) found.push_back(stream);
  }
  for (const std::string& stream : found) select(stream);
}

}  // namespace lockstitch::cli

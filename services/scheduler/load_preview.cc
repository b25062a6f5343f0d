#include "services/scheduler/load_preview.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "schema/column_selection.h"
#include "schema/protocol_version.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// As many as a message has room for, however wide their tables are.
constexpr size_t kLoadsOfCall = 50;

// Without what says how a stream is chosen and read, rather than what comes of it.
std::string Comparable(v1::StreamSettings settings) {
  settings.clear_selected();
  settings.clear_ranges();
  return settings.SerializeAsString();
}

v1::SystemColumns Decided(v1::SystemColumns columns) {
  return columns == v1::SYSTEM_COLUMNS_UNSPECIFIED ? v1::SYSTEM_COLUMNS_STITCH : columns;
}

v1::NewPolicy Decided(v1::NewPolicy policy) {
  return policy == v1::NEW_POLICY_UNSPECIFIED ? v1::NEW_POLICY_INCLUDE : policy;
}

// Whether new columns are dealt with otherwise than by the stream's last load, as far as it told.
bool OtherPolicy(const v1::KnownStream& known, const v1::Integration& integration) {
  return known.new_columns() != v1::NEW_POLICY_UNSPECIFIED &&
         known.new_columns() != Decided(integration.selection().new_columns());
}

// What an extraction would ask of BeginLoad, but for what only its snapshot knows.
v1::BeginLoadRequest OpeningOf(const v1::Integration& integration, const v1::SourceServer& server,
                               const v1::Table& table, const SelectedStream& stream, bool reset) {
  v1::BeginLoadRequest request;
  v1::StreamTarget& target = *request.mutable_claim()->mutable_target();
  *target.mutable_destination() = integration.destination();
  target.set_integration(integration.name());
  target.set_integration_uid(integration.uid());
  *target.mutable_table() = stream.table;
  *target.mutable_naming() = integration.naming();
  *request.mutable_table() = schema::SelectColumns(table, stream.settings).table;
  std::set<std::string> names;
  for (const v1::Column& column : request.table().columns()) names.insert(column.name());
  for (const v1::Column& column : table.columns()) {
    if (names.count(column.name()) == 0) request.add_other_columns(column.name());
  }
  request.set_method(stream.settings.method());
  request.set_system_columns(integration.system_columns());
  request.set_reset_generation(stream.settings.reset());
  request.set_reset(reset);
  request.set_new_columns(integration.selection().new_columns());
  *request.mutable_named_columns() = stream.settings.include_columns();
  request.set_lc_monetary(server.lc_monetary());
  request.set_source_version(server.version());
  request.set_source_encoding(server.encoding());
  request.set_replication_key(stream.settings.replication_key());
  request.set_filter(stream.settings.filter());
  request.set_duplicate_keys(!stream.settings.key_columns().empty());
  *request.mutable_settings() = stream.settings;
  request.set_protocol(schema::kProtocol);
  return request;
}

}  // namespace

std::vector<const SelectedStream*> EditedStreams(const v1::Integration& integration,
                                                 const v1::RegisterStreamsResponse& registered,
                                                 const std::vector<SelectedStream>& streams) {
  std::map<std::string, const v1::KnownStream*> known;
  for (const v1::KnownStream& stream : registered.known())
    known[schema::StreamName(stream.table())] = &stream;
  std::vector<const SelectedStream*> edited;
  for (const SelectedStream& stream : streams) {
    const auto found = known.find(stream.settings.stream());
    if (!stream.problems.empty() || found == known.end() || !found->second->has_settings())
      continue;
    const bool same =
        Comparable(found->second->settings()) == Comparable(stream.settings) &&
        Decided(found->second->system_columns()) == Decided(integration.system_columns()) &&
        !OtherPolicy(*found->second, integration);
    if (!same) edited.push_back(&stream);
  }
  return edited;
}

absl::StatusOr<std::vector<v1::LoadPreview>> PreviewLoads(
    const v1::Integration& integration, const discovery::Catalog& catalog,
    const std::vector<const SelectedStream*>& streams, bool reset,
    const loader::LoaderClient& loader) {
  // How columns arrive depends on it.
  if (catalog.server.version() == 0 && !streams.empty())
    return Error(Reason::kPeerTooOld, "the discovery service does not tell what serves the source");
  std::map<std::string, const v1::Table*> tables;
  for (const v1::Table& table : catalog.tables) tables[schema::StreamName(table.name())] = &table;
  std::vector<v1::LoadPreview> previews;
  for (size_t begin = 0; begin < streams.size(); begin += kLoadsOfCall) {
    v1::PreviewLoadsRequest request;
    for (size_t i = begin; i < std::min(begin + kLoadsOfCall, streams.size()); ++i) {
      const v1::Table& table = *tables.at(streams[i]->settings.stream());
      *request.add_loads() = OpeningOf(integration, catalog.server, table, *streams[i], reset);
    }
    ASSIGN_OR_RETURN(v1::PreviewLoadsResponse response, loader.PreviewLoads(request));
    if (response.loads_size() != request.loads_size())
      return Error(Reason::kProtocolViolated, "the loader has left out previews");
    for (v1::LoadPreview& preview : *response.mutable_loads())
      previews.push_back(std::move(preview));
  }
  return previews;
}

}  // namespace lockstitch::scheduler

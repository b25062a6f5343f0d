#include "services/scheduler/control/streams.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "schema/stream_pattern.h"
#include "services/scheduler/control/integration_edit.h"
#include "services/scheduler/control/page_room.h"
#include "services/scheduler/control/page_token.h"
#include "services/scheduler/control/resource_name.h"
#include "services/scheduler/problem.h"
#include "services/scheduler/registration.h"
#include "services/scheduler/selection.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kPageSize = 100;
constexpr int kReportsAtOnce = 1'000;

absl::StatusOr<std::vector<schema::StreamPattern>> PatternsOf(
    const v1::ListStreamsRequest& request) {
  std::vector<schema::StreamPattern> patterns;
  for (const std::string& text : request.patterns()) {
    ASSIGN_OR_RETURN(schema::StreamPattern pattern, schema::StreamPattern::Parse(text));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

v1::StreamRecord RecordFor(const std::string& id, const std::string& stream) {
  v1::StreamRecord record;
  record.set_name(StreamResource(id, stream));
  record.set_stream(stream);
  return record;
}

AppliedResets ResetsOf(const v1::GetStateResponse& states) {
  AppliedResets applied;
  for (const v1::StreamState& state : states.streams())
    applied[schema::StreamName(state.table())] = state.reset_generation();
  return applied;
}

}  // namespace

absl::StatusOr<v1::ListStreamsResponse> Streams::List(const v1::ListStreamsRequest& request) const {
  const std::string list =
      absl::StrCat("streams of ", request.parent(), " ", absl::StrJoin(request.patterns(), ","));
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kPageSize));
  ASSIGN_OR_RETURN(const std::string after, ParsePageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const std::vector<schema::StreamPattern> patterns, PatternsOf(request));
  ASSIGN_OR_RETURN(const KeptIntegration kept, options_.integrations->Find(request.parent()));
  ASSIGN_OR_RETURN(auto records, Records(kept.id, kept.integration));
  RETURN_IF_ERROR(AddReports(kept.id, &records));
  v1::ListStreamsResponse response;
  PageRoom room;
  for (auto record = records.upper_bound(after); record != records.end(); ++record) {
    if (!patterns.empty()) {
      ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(record->first));
      if (!schema::Selects(patterns, table)) continue;
    }
    const int given = response.streams_size();
    if (given == size || !room.Takes(record->second)) {
      response.set_next_page_token(MakePageToken(list, response.streams(given - 1).stream()));
      break;
    }
    *response.add_streams() = std::move(record->second);
  }
  return response;
}

absl::StatusOr<std::map<std::string, v1::StreamRecord>> Streams::Records(
    const std::string& id, const v1::Integration& integration) const {
  ASSIGN_OR_RETURN(discovery::Catalog catalog, options_.discovery->Discover(integration.source()));
  ASSIGN_OR_RETURN(std::vector<SelectedStream> selected, Selected(integration, catalog.tables));
  NameStreams(integration, &selected);
  const std::string schema = schema::DestinationSchema(integration.name()).value_or("");

  std::map<std::string, v1::StreamRecord> records;
  for (v1::Table& table : catalog.tables) {
    const std::string stream = schema::StreamName(table.name());
    v1::StreamRecord record = RecordFor(id, stream);
    record.mutable_settings()->set_stream(stream);
    *record.mutable_table() = std::move(table);
    records.emplace(stream, std::move(record));
  }
  for (const SelectedStream& stream : selected) {
    const std::string& name = stream.settings.stream();
    v1::StreamRecord& record = records.try_emplace(name, RecordFor(id, name)).first->second;
    record.set_selected(true);
    *record.mutable_settings() = stream.settings;
    record.set_destination_table(absl::StrCat(schema, ".", stream.destination_table));
    for (const absl::Status& problem : stream.problems)
      *record.add_problems() = ProblemOf(name, problem);
  }
  // Settings of what isn't selected are kept as well.
  for (const v1::StreamSettings& settings : integration.streams()) {
    const auto table = schema::ParseStreamName(settings.stream());
    if (!table.ok()) continue;
    const std::string name = schema::StreamName(*table);
    v1::StreamRecord& record = records.try_emplace(name, RecordFor(id, name)).first->second;
    if (record.selected()) continue;
    *record.mutable_settings() = settings;
    record.mutable_settings()->set_stream(name);
  }
  return records;
}

absl::StatusOr<std::vector<SelectedStream>> Streams::Selected(
    const v1::Integration& integration, const std::vector<v1::Table>& catalog) const {
  std::vector<SelectedStream> selected = SelectStreams(integration, catalog);
  if (DependsOnKnown(integration, selected)) {
    ASSIGN_OR_RETURN(const v1::RegisterStreamsResponse registered,
                     options_.loader->RegisterStreams(
                         RegistrationOf(integration, selected, /*validate_only=*/true)));
    selected = SelectStreams(integration, catalog, registered);
    LeaveOutNew(integration, registered, &selected);
  }
  return selected;
}

absl::Status Streams::AddReports(const std::string& id,
                                 std::map<std::string, v1::StreamRecord>* records) const {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(std::vector<v1::LoadReport> reports,
                     options_.reports->ListLoadReports(id, after, kReportsAtOnce, absl::Now()));
    for (v1::LoadReport& report : reports) {
      after = report.stream();
      const auto record = records->find(report.stream());
      if (record != records->end()) *record->second.mutable_report() = std::move(report);
    }
    if (static_cast<int>(reports.size()) < kReportsAtOnce) return absl::OkStatus();
  }
}

absl::Status Streams::TestAtSource(const v1::Integration& integration,
                                   const std::vector<std::string>& streams) const {
  ASSIGN_OR_RETURN(const discovery::Catalog catalog,
                   options_.discovery->Discover(integration.source()));
  std::vector<std::string> problems;
  std::optional<absl::Status> first;
  for (const SelectedStream& stream : SelectStreams(integration, catalog.tables)) {
    if (std::find(streams.begin(), streams.end(), stream.settings.stream()) == streams.end())
      continue;
    for (const absl::Status& problem : stream.problems) {
      if (!first) first = problem;
      problems.push_back(absl::StrCat(stream.settings.stream(), ": ", problem.message()));
    }
  }
  if (!first) return absl::OkStatus();
  return WithMessage(*first, absl::StrJoin(problems, "; "));
}

absl::StatusOr<v1::UpdateStreamsResponse> Streams::Update(
    const v1::UpdateStreamsRequest& request) const {
  const auto edit = [&](const v1::Integration& kept) -> absl::StatusOr<v1::Integration> {
    ASSIGN_OR_RETURN(v1::Integration edited,
                     EditStreams(kept, {request.streams().begin(), request.streams().end()}));
    if (!request.skip_checks()) {
      std::vector<std::string> names;
      for (const v1::StreamSettings& settings : request.streams()) {
        ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(settings.stream()));
        names.push_back(schema::StreamName(table));
      }
      RETURN_IF_ERROR(TestAtSource(edited, names));
    }
    return edited;
  };
  ASSIGN_OR_RETURN(
      Integrations::Edited edited,
      options_.integrations->Save(request.parent(), request.etag(), request.validate_only(), edit));
  v1::UpdateStreamsResponse response;
  *response.mutable_integration() = std::move(edited.record);
  response.mutable_changes()->Add(edited.changes.begin(), edited.changes.end());
  return response;
}

absl::StatusOr<v1::IntegrationRecord> Streams::Reset(const v1::ResetStreamsRequest& request) const {
  const std::vector<std::string> streams(request.streams().begin(), request.streams().end());
  ASSIGN_OR_RETURN(const KeptIntegration kept, options_.integrations->Find(request.parent()));
  RETURN_IF_ERROR(TestSelected(kept.integration, streams));
  ASSIGN_OR_RETURN(const v1::GetStateResponse states, States(kept.integration));
  ASSIGN_OR_RETURN(
      Integrations::Edited edited,
      options_.integrations->Save(request.parent(), request.etag(),
                                  /*validate_only=*/false, [&](const v1::Integration& integration) {
                                    return EditResets(integration, streams, ResetsOf(states));
                                  }));
  return std::move(edited.record);
}

absl::StatusOr<v1::StreamBookmark> Streams::GetBookmark(const std::string& name) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseStreamResource(name));
  ASSIGN_OR_RETURN(const KeptIntegration kept,
                   options_.integrations->Find(IntegrationResource(parts.integration)));
  ASSIGN_OR_RETURN(const v1::GetStateResponse states, States(kept.integration));
  return BookmarkOf(parts, kept.integration, states);
}

absl::StatusOr<v1::StreamBookmark> Streams::BookmarkOf(const ResourceName& name,
                                                       const v1::Integration& integration,
                                                       const v1::GetStateResponse& states) const {
  ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(name.stream));
  const std::string stream = schema::StreamName(table);
  for (const v1::StreamState& state : states.streams()) {
    if (schema::StreamName(state.table()) != stream || state.table_version() == 0) continue;
    v1::StreamBookmark bookmark;
    bookmark.set_name(StreamResource(name.integration, stream));
    bookmark.set_method(state.method());
    bookmark.set_replication_key(state.plan().replication_key());
    if (state.has_bookmark()) bookmark.set_bookmark(state.bookmark());
    bookmark.set_table_version(state.table_version());
    return bookmark;
  }
  RETURN_IF_ERROR(TestSelected(integration, {name.stream}));
  return Error(Reason::kStreamNotLoaded, absl::StrCat(name.stream, " has not been loaded yet"),
               "Run a job of its integration first.");
}

absl::StatusOr<v1::IntegrationRecord> Streams::SetBookmark(
    const v1::SetBookmarkRequest& request) const {
  if (request.bookmark().empty())
    return Error(Reason::kUsageInvalid, "bookmark is empty",
                 "Give a value of the replication key, or reset the stream.");
  ASSIGN_OR_RETURN(const ResourceName parts, ParseStreamResource(request.name()));
  const std::string integration = IntegrationResource(parts.integration);
  ASSIGN_OR_RETURN(const KeptIntegration kept, options_.integrations->Find(integration));
  ASSIGN_OR_RETURN(const v1::GetStateResponse states, States(kept.integration));
  ASSIGN_OR_RETURN(const v1::StreamBookmark present, BookmarkOf(parts, kept.integration, states));
  if (present.method() != v1::REPLICATION_METHOD_INCREMENTAL) {
    return Error(Reason::kBookmarkUnfit, absl::StrCat(parts.stream, " is no incremental stream"),
                 "Set its method to INCREMENTAL and run it once first, or reset it.");
  }
  RETURN_IF_ERROR(TestSelected(kept.integration, {parts.stream}));
  ASSIGN_OR_RETURN(
      Integrations::Edited edited,
      options_.integrations->Save(integration, request.etag(),
                                  /*validate_only=*/false, [&](const v1::Integration& before) {
                                    return EditBookmark(before, parts.stream, request.bookmark(),
                                                        ResetsOf(states));
                                  }));
  return std::move(edited.record);
}

absl::StatusOr<v1::GetStateResponse> Streams::States(const v1::Integration& integration) const {
  v1::GetStateRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  return options_.loader->GetState(request);
}

absl::Status Streams::TestSelected(const v1::Integration& integration,
                                   const std::vector<std::string>& streams) const {
  std::set<std::string> left;
  for (const std::string& stream : streams) {
    ASSIGN_OR_RETURN(const v1::TableName table, schema::ParseStreamName(stream));
    left.insert(schema::StreamName(table));
  }
  for (const v1::StreamSettings& settings : integration.streams()) {
    const absl::StatusOr<v1::TableName> table = schema::ParseStreamName(settings.stream());
    if (table.ok()) left.erase(schema::StreamName(*table));
  }
  if (left.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const discovery::Catalog catalog,
                   options_.discovery->Discover(integration.source()));
  ASSIGN_OR_RETURN(const std::vector<SelectedStream> selected,
                   Selected(integration, catalog.tables));
  for (const SelectedStream& stream : selected) left.erase(stream.settings.stream());
  if (left.empty()) return absl::OkStatus();
  return Error(Reason::kStreamNotFound,
               absl::StrCat("the integration does not select ", absl::StrJoin(left, ", ")),
               "Write its name as `lockstitch streams list` shows it; have it selected first if it "
               "is there and not selected.");
}

}  // namespace lockstitch::scheduler

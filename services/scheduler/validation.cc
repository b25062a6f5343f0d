#include "services/scheduler/validation.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "schema/type_map.h"
#include "services/scheduler/load_preview.h"
#include "services/scheduler/named_files.h"
#include "services/scheduler/problem.h"
#include "services/scheduler/registration.h"
#include "services/scheduler/selection.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// `preview` is null for a stream that was never loaded, or of which nothing could be told.
void AddStream(const SelectedStream& stream, const std::string& schema, bool loaded,
               const v1::LoadPreview* preview, v1::ValidateIntegrationResponse* response) {
  if (!stream.problems.empty()) {
    for (const absl::Status& problem : stream.problems)
      *response->add_problems() = ProblemOf(stream.settings.stream(), problem);
    return;
  }
  if (preview != nullptr && !preview->reason().empty()) return;
  v1::SelectedStream* selected = response->add_streams();
  selected->set_stream(stream.settings.stream());
  selected->set_method(stream.settings.method());
  selected->set_destination_table(absl::StrCat(schema, ".", stream.destination_table));
  selected->mutable_columns()->Add(stream.columns.begin(), stream.columns.end());
  selected->mutable_notes()->Add(stream.notes.begin(), stream.notes.end());
  selected->set_loaded(loaded);
  if (preview == nullptr) return;
  *selected->mutable_changes() = preview->changes();
  selected->set_why_anew(preview->why_anew());
}

// Of the streams that are known, those that a load has published.
std::set<std::string> LoadedStreams(const v1::RegisterStreamsResponse& registered) {
  std::set<std::string> loaded;
  for (const v1::KnownStream& known : registered.known()) {
    if (!known.columns().empty()) loaded.insert(schema::StreamName(known.table()));
  }
  return loaded;
}

// Of each of the `loaded` streams that can run, what its next load would do; what would keep it
// from that is a problem.
void AddPreviews(const v1::Integration& integration, const discovery::Catalog& catalog,
                 const std::set<std::string>& loaded, const loader::LoaderClient& loader,
                 std::vector<SelectedStream>* streams, std::map<std::string, v1::LoadPreview>* told,
                 v1::ValidateIntegrationResponse* response) {
  std::vector<SelectedStream*> candidates;
  for (SelectedStream& stream : *streams) {
    if (stream.problems.empty() && loaded.count(stream.settings.stream()) > 0)
      candidates.push_back(&stream);
  }
  if (candidates.empty()) return;
  const absl::StatusOr<std::vector<v1::LoadPreview>> previews = PreviewLoads(
      integration, catalog, {candidates.begin(), candidates.end()}, /*reset=*/false, loader);
  if (!previews.ok()) {
    response->add_notes(
        absl::StrCat("what the next run would do can't be told: ", previews.status().message()));
    return;
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    const v1::LoadPreview& preview = (*previews)[i];
    (*told)[candidates[i]->settings.stream()] = preview;
    if (preview.reason().empty()) continue;
    v1::Problem* problem = response->add_problems();
    problem->set_stream(candidates[i]->settings.stream());
    problem->set_reason(preview.reason());
    problem->set_message(preview.message());
    problem->set_remedy(preview.remedy());
  }
}

void AddExtensions(const std::vector<v1::Table>& catalog,
                   v1::ValidateIntegrationResponse* response) {
  schema::TypesToAskFor types;
  for (const v1::Table& table : catalog) {
    for (const v1::Column& column : table.columns()) schema::CollectTypes(column.type(), &types);
  }
  std::set<std::string> extensions;
  for (const schema::ExtensionType& type : types.extension) extensions.insert(type.first);
  response->mutable_extensions()->Add(extensions.begin(), extensions.end());
}

void AddTaken(const v1::RegisterStreamsResponse& registered, std::vector<SelectedStream>* streams) {
  std::set<std::string> taken;
  for (const v1::TableName& table : registered.taken()) taken.insert(schema::StreamName(table));
  for (SelectedStream& stream : *streams) {
    if (taken.count(stream.settings.stream()) == 0) continue;
    stream.problems.push_back(
        Error(Reason::kDestinationTableNotOurs,
              absl::StrCat("the destination has something named ", stream.destination_table,
                           " that this stream did not make")));
  }
}

}  // namespace

v1::ValidateIntegrationResponse Validate(const v1::Integration& integration,
                                         const discovery::DiscoveryClient& discovery,
                                         const loader::LoaderClient& loader) {
  v1::ValidateIntegrationResponse response;
  for (const std::string& problem : TestIntegration(integration))
    *response.add_problems() = ProblemOf("", Error(Reason::kIntegrationInvalid, problem));
  if (const absl::Status files = TestNamedFiles(integration); !files.ok())
    *response.add_problems() = ProblemOf("", files);
  if (!response.problems().empty()) return response;

  const absl::StatusOr<discovery::Catalog> catalog = discovery.Discover(integration.source());
  if (!catalog.ok()) *response.add_problems() = ProblemOf("", catalog.status());
  std::vector<SelectedStream> streams;
  if (catalog.ok()) {
    streams = SelectStreams(integration, catalog->tables);
    AddExtensions(catalog->tables, &response);
  }
  const absl::StatusOr<v1::RegisterStreamsResponse> registered =
      loader.RegisterStreams(RegistrationOf(integration, streams, /*validate_only=*/true));
  std::map<std::string, std::vector<std::string>> notes;
  if (registered.ok()) {
    if (catalog.ok()) streams = SelectStreams(integration, catalog->tables, *registered);
    for (const LeftOut& left_out : LeaveOutNew(integration, *registered, &streams)) {
      if (left_out.column.empty()) {
        response.add_notes(absl::StrCat(left_out.stream, " ", left_out.note));
      } else {
        notes[left_out.stream].push_back(left_out.note);
      }
    }
  } else {
    *response.add_problems() = ProblemOf("", registered.status());
  }
  NameStreams(integration, &streams);
  if (registered.ok()) AddTaken(*registered, &streams);
  std::map<std::string, v1::LoadPreview> previews;
  std::set<std::string> loaded;
  if (registered.ok()) loaded = LoadedStreams(*registered);
  if (registered.ok() && registered->older_state()) {
    response.add_notes(
        "what the next run would do can't be told: the destination's state is of an older version, "
        "which the next run brings forward");
  } else if (catalog.ok() && registered.ok()) {
    AddPreviews(integration, *catalog, loaded, loader, &streams, &previews, &response);
  }
  const std::string schema = schema::DestinationSchema(integration.name()).value_or("");
  for (SelectedStream& stream : streams) {
    const std::vector<std::string>& more = notes[stream.settings.stream()];
    stream.notes.insert(stream.notes.end(), more.begin(), more.end());
    const auto preview = previews.find(stream.settings.stream());
    AddStream(stream, schema, loaded.count(stream.settings.stream()) > 0,
              preview == previews.end() ? nullptr : &preview->second, &response);
  }
  // With a problem of the whole integration none of them runs.
  if (!catalog.ok() || !registered.ok()) response.clear_streams();
  return response;
}

}  // namespace lockstitch::scheduler

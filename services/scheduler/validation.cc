#include "services/scheduler/validation.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/destination_names.h"
#include "services/scheduler/selection.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

void AddProblem(const absl::Status& status, const std::string& stream,
                v1::ValidateIntegrationResponse* response) {
  const Explanation why = Explain(status);
  v1::Problem* problem = response->add_problems();
  problem->set_stream(stream);
  problem->set_reason(why.reason);
  problem->set_message(why.message);
  problem->set_remedy(why.remedy);
}

absl::Status TestDestinationNames(const v1::Integration& integration,
                                  const loader::LoaderClient& loader) {
  v1::RegisterStreamsRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  request.set_integration_uid(integration.uid());
  *request.mutable_naming() = integration.naming();
  request.set_validate_only(true);
  return loader.RegisterStreams(request).status();
}

void AddStream(const SelectedStream& stream, const std::string& schema,
               v1::ValidateIntegrationResponse* response) {
  if (!stream.problems.empty()) {
    for (const absl::Status& problem : stream.problems)
      AddProblem(problem, stream.settings.stream(), response);
    return;
  }
  v1::SelectedStream* selected = response->add_streams();
  selected->set_stream(stream.settings.stream());
  selected->set_method(stream.settings.method());
  selected->set_destination_table(absl::StrCat(schema, ".", stream.destination_table));
  selected->mutable_columns()->Add(stream.columns.begin(), stream.columns.end());
  selected->mutable_notes()->Add(stream.notes.begin(), stream.notes.end());
}

}  // namespace

v1::ValidateIntegrationResponse Validate(const v1::Integration& integration,
                                         const discovery::DiscoveryClient& discovery,
                                         const loader::LoaderClient& loader) {
  v1::ValidateIntegrationResponse response;
  const std::vector<std::string> own = TestIntegration(integration);
  for (const std::string& problem : own)
    AddProblem(Error(Reason::kIntegrationInvalid, problem), "", &response);
  if (!own.empty()) return response;

  const absl::Status names = TestDestinationNames(integration, loader);
  if (!names.ok()) AddProblem(names, "", &response);
  const absl::StatusOr<std::vector<v1::Table>> catalog = discovery.Discover(integration.source());
  if (!catalog.ok()) {
    AddProblem(catalog.status(), "", &response);
    return response;
  }
  const std::string schema = schema::DestinationSchema(integration.name()).value_or("");
  for (const SelectedStream& stream : SelectStreams(integration, *catalog))
    AddStream(stream, schema, &response);
  return response;
}

}  // namespace lockstitch::scheduler

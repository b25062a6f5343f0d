#include "services/scheduler/control/integration_check.h"

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "status/reason.h"
#include "telemetry/call_context.h"

namespace lockstitch::scheduler {
namespace {

void AddSteps(const std::string& end, const absl::StatusOr<std::vector<v1::CheckStep>>& found,
              CheckSteps* steps) {
  if (!found.ok()) {
    const Explanation why = Explain(found.status());
    v1::IntegrationCheckStep& step = steps->emplace_back();
    step.set_end(end);
    step.mutable_step()->set_name("service");
    step.mutable_step()->set_result(v1::CHECK_RESULT_FAILED);
    step.mutable_step()->set_message(why.message);
    step.mutable_step()->set_reason(why.reason);
    step.mutable_step()->set_remedy(why.remedy);
    return;
  }
  for (const v1::CheckStep& each : *found) {
    v1::IntegrationCheckStep& step = steps->emplace_back();
    step.set_end(end);
    *step.mutable_step() = each;
  }
}

}  // namespace

CheckSteps CheckConnections(const v1::Integration& integration,
                            const discovery::DiscoveryClient& discovery,
                            const loader::LoaderClient& loader) {
  absl::StatusOr<std::vector<v1::CheckStep>> source;
  std::thread at_source(telemetry::InContext([&] {
    v1::CheckConnectionRequest request;
    *request.mutable_source() = integration.source();
    source = discovery.CheckConnection(request);
  }));
  v1::CheckDestinationRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  request.set_integration_uid(integration.uid());
  const absl::StatusOr<v1::CheckDestinationResponse> destination = loader.CheckDestination(request);
  at_source.join();

  CheckSteps steps;
  AddSteps("source", source, &steps);
  if (destination.ok()) {
    AddSteps("destination",
             std::vector<v1::CheckStep>(destination->steps().begin(), destination->steps().end()),
             &steps);
  } else {
    AddSteps("destination", destination.status(), &steps);
  }
  return steps;
}

absl::Status Verdict(const CheckSteps& steps) {
  std::vector<std::string> failures;
  for (const v1::IntegrationCheckStep& each : steps) {
    const v1::CheckStep& step = each.step();
    if (step.result() != v1::CHECK_RESULT_FAILED) continue;
    failures.push_back(absl::StrCat(each.end(), ", ", step.name(), ": ", step.reason(), ": ",
                                    step.message(), " ", step.remedy()));
  }
  if (failures.empty()) return absl::OkStatus();
  return Error(Reason::kIntegrationCheckFailed, absl::StrJoin(failures, "; "));
}

}  // namespace lockstitch::scheduler

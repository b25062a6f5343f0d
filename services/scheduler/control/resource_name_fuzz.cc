#include "services/scheduler/control/resource_name.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::scheduler {
namespace {

using testing::Require;

std::string Written(const ResourceName& parts) {
  if (parts.integration.empty()) return "integrations/-";
  if (!parts.job.empty()) return JobResource(parts.integration, parts.job);
  if (!parts.stream.empty()) return StreamResource(parts.integration, parts.stream);
  return IntegrationResource(parts.integration);
}

FUZZ_TARGET(input) {
  int kinds = 0;
  for (const auto parse : {ParseIntegrationResource, ParseJobResource, ParseStreamResource}) {
    const auto parts = parse(input);
    if (!parts.ok()) {
      Require(ReasonOf(parts.status()) == Reason::kUsageInvalid, "a reason");
      continue;
    }
    ++kinds;
    Require(TestIntegrationId(parts->integration).ok(), "an integration's id is one");
    Require(Written(*parts) == input, "a name comes back");
  }
  Require(kinds <= 1, "a name is of one kind");
  if (const auto all = ParseIntegrationOrAll(input); all.ok())
    Require(Written(*all) == input, "a name comes back");
  Require(ParseIntegrationOrJobResource(input).ok() ==
              (ParseIntegrationResource(input).ok() || ParseJobResource(input).ok()),
          "either is either");
}

}  // namespace
}  // namespace lockstitch::scheduler

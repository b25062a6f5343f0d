#include "telemetry/error_count.h"

#include <string>

#include "status/reason.h"
#include "telemetry/fault.h"

namespace lockstitch::telemetry {

absl::string_view FaultOf(const absl::Status& failure) {
  return FaultOf(ReasonOf(failure).value_or(Reason::kInternal));
}

void CountError(const absl::Status& status, Metrics* metrics) {
  if (status.ok()) return;
  metrics->Add(Metric::kErrors, {Explain(status).reason, std::string(FaultOf(status))}, 1);
}

}  // namespace lockstitch::telemetry

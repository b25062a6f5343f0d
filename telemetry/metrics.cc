#include "telemetry/metrics.h"

namespace lockstitch::telemetry {

void Metrics::StartIntegrationAtZero(Metric metric, const std::string& integration) {
  const MetricInfo& info = InfoOf(metric);
  if (info.labels.size() == 1) return StartAtZero(metric, {integration});
  for (const LabelValues& others : info.known) {
    Labels labels = {integration};
    labels.insert(labels.end(), others.begin(), others.end());
    StartAtZero(metric, labels);
  }
}

}  // namespace lockstitch::telemetry

#ifndef LOCKSTITCH_TELEMETRY_INTEGRATION_CAP_H_
#define LOCKSTITCH_TELEMETRY_INTEGRATION_CAP_H_

#include <set>
#include <string>

#include "absl/synchronization/mutex.h"
#include "telemetry/metric_table.h"

namespace lockstitch::telemetry {

// Keeps the number of series within bounds, however many integrations there are. Thread-safe.
class IntegrationCap {
 public:
  // Whether `integration` is one of the first kMostIntegrations. Says once, in the log, that there
  // are more.
  bool Admit(const std::string& integration);

  // `labels` as they are counted under.
  LabelValues Capped(Metric metric, LabelValues labels);

 private:
  absl::Mutex mutex_;
  std::set<std::string> admitted_ ABSL_GUARDED_BY(mutex_);
  bool told_ ABSL_GUARDED_BY(mutex_) = false;
};

// Whether the metric tells integrations apart.
bool IsByIntegration(Metric metric);

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_INTEGRATION_CAP_H_

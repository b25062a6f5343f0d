#ifndef LOCKSTITCH_SERVICES_SCHEDULER_INTEGRATION_METRICS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_INTEGRATION_METRICS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/scheduler/store/standing_store.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// Until when an integration should have succeeded once more: the second slot after its last
// success, or after its schedule was last changed if that came later. The epoch where it has no
// slots. Pure.
absl::Time SuccessDue(const IntegrationStanding& standing);

// The time between the next two slots after `now`; none where there are no two. Pure.
absl::Duration SchedulePeriod(const IntegrationStanding& standing, absl::Time now);

// Has the integration's counters be there, at 0, before anything is counted.
void StartAtZero(const std::string& integration, telemetry::Metrics* metrics);

// Tells metrics how integrations and jobs of a catalog stand, as long as this process leads.
class IntegrationMetrics {
 public:
  // `metrics` must outlive it.
  explicit IntegrationMetrics(telemetry::Metrics* metrics) : metrics_(metrics) {}
  // Takes back what the next leader tells.
  ~IntegrationMetrics();
  IntegrationMetrics(const IntegrationMetrics&) = delete;

  void Tell(const std::vector<IntegrationStanding>& integrations, const QueueStanding& queue,
            absl::Time now);

 private:
  void Clear();

  telemetry::Metrics* metrics_;
  std::set<std::string> told_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_INTEGRATION_METRICS_H_

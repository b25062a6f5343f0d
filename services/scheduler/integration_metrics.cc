#include "services/scheduler/integration_metrics.h"

#include <algorithm>
#include <optional>

#include "absl/status/statusor.h"
#include "services/scheduler/change_label.h"
#include "services/scheduler/schedule/rule.h"
#include "services/scheduler/schedule/slots.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::Metric;

// The first slot after `time` and the one that follows it, where the integration has slots.
std::optional<std::pair<absl::Time, absl::Time>> TwoSlotsAfter(const IntegrationStanding& standing,
                                                               absl::Time time) {
  const absl::StatusOr<Rule> rule = RuleOf(standing.schedule);
  if (!rule.ok() || standing.paused) return std::nullopt;
  const std::optional<absl::Time> first = NextSlot(*rule, time);
  const std::optional<absl::Time> second = first ? NextSlot(*rule, *first) : std::nullopt;
  if (!second) return std::nullopt;
  return std::pair(*first, *second);
}

double SecondsSinceEpoch(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

}  // namespace

absl::Time SuccessDue(const IntegrationStanding& standing) {
  const absl::Time since =
      std::max(standing.last_success.value_or(absl::UnixEpoch()), standing.schedule_changed_at);
  const auto slots = TwoSlotsAfter(standing, since);
  return slots ? slots->second : absl::UnixEpoch();
}

absl::Duration SchedulePeriod(const IntegrationStanding& standing, absl::Time now) {
  const auto slots = TwoSlotsAfter(standing, now);
  return slots ? slots->second - slots->first : absl::ZeroDuration();
}

void StartAtZero(const std::string& integration, telemetry::Metrics* metrics) {
  for (const Metric metric :
       {Metric::kSchedulerJobs, Metric::kSchedulerStreamRuns, Metric::kSchedulerScheduleExpected,
        Metric::kSchedulerScheduleStarted, Metric::kSchedulerScheduleMissed,
        Metric::kSchedulerStreamRunStalledSeconds})
    metrics->StartIntegrationAtZero(metric, integration);
  for (const std::string& kind : ChangeLabels())
    metrics->StartAtZero(Metric::kSchedulerSchemaChanges, {integration, kind});
}

IntegrationMetrics::~IntegrationMetrics() {
  Clear();
  Tell({}, {}, absl::UnixEpoch());
}

void IntegrationMetrics::Tell(const std::vector<IntegrationStanding>& integrations,
                              const QueueStanding& queue, absl::Time now) {
  std::set<std::string> present;
  for (const IntegrationStanding& standing : integrations) present.insert(standing.name);
  // One that was deleted has nothing to tell any more.
  if (!std::includes(present.begin(), present.end(), told_.begin(), told_.end())) Clear();
  for (const IntegrationStanding& standing : integrations) {
    const std::string& name = standing.name;
    if (told_.insert(name).second) StartAtZero(name, metrics_);
    metrics_->Set(Metric::kSchedulerLastSuccess, {name},
                  SecondsSinceEpoch(standing.last_success.value_or(absl::UnixEpoch())));
    metrics_->Set(Metric::kSchedulerSuccessDue, {name}, SecondsSinceEpoch(SuccessDue(standing)));
    metrics_->Set(Metric::kSchedulerFailingStreams, {name},
                  static_cast<double>(standing.failing_streams));
    metrics_->Set(Metric::kSchedulerSchedulePeriod, {name},
                  absl::ToDoubleSeconds(SchedulePeriod(standing, now)));
  }
  metrics_->Set(Metric::kSchedulerQueueJobs, {"pending"}, static_cast<double>(queue.pending));
  metrics_->Set(Metric::kSchedulerQueueJobs, {"running"}, static_cast<double>(queue.running));
  metrics_->Set(Metric::kSchedulerQueueOldestSeconds, {},
                absl::ToDoubleSeconds(queue.oldest_pending ? now - *queue.oldest_pending
                                                           : absl::ZeroDuration()));
}

void IntegrationMetrics::Clear() {
  told_.clear();
  for (const Metric metric : {Metric::kSchedulerLastSuccess, Metric::kSchedulerSuccessDue,
                              Metric::kSchedulerFailingStreams, Metric::kSchedulerSchedulePeriod})
    metrics_->Clear(metric);
}

}  // namespace lockstitch::scheduler

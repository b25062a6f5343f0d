#include "services/scheduler/run_watch.h"

#include <algorithm>
#include <map>

#include "absl/time/clock.h"

namespace lockstitch::scheduler {

using telemetry::Metric;

RunWatch::Run::Run(RunWatch* watch, const std::string& integration) : watch_(watch) {
  absl::MutexLock lock(&watch_->mutex_);
  watch_->integrations_.insert(integration);
  entry_ = watch_->runs_.insert(watch_->runs_.end(),
                                {.integration = integration, .moved_at = absl::Now()});
}

RunWatch::Run::~Run() {
  absl::MutexLock lock(&watch_->mutex_);
  watch_->runs_.erase(entry_);
}

void RunWatch::Run::Place() {
  absl::MutexLock lock(&watch_->mutex_);
  entry_->placed = true;
  entry_->moved_at = absl::Now();
}

void RunWatch::Run::Displace() {
  absl::MutexLock lock(&watch_->mutex_);
  entry_->placed = false;
}

void RunWatch::Run::Tell(const v1::Progress& progress) {
  absl::MutexLock lock(&watch_->mutex_);
  if (progress.rows_extracted() == entry_->rows_extracted &&
      progress.rows_loaded() == entry_->rows_loaded)
    return;
  entry_->rows_extracted = progress.rows_extracted();
  entry_->rows_loaded = progress.rows_loaded();
  entry_->moved_at = absl::Now();
}

RunWatch::RunWatch(telemetry::Metrics* metrics)
    : metrics_(metrics), sampling_(metrics->Sample([this] { Sample(absl::Now()); })) {}

void RunWatch::Sample(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  int unplaced = 0;
  std::map<std::string, absl::Duration> stalled;
  for (const std::string& integration : integrations_) stalled[integration];
  for (const Entry& run : runs_) {
    unplaced += !run.placed;
    absl::Duration& longest = stalled[run.integration];
    if (run.placed) longest = std::max(longest, now - run.moved_at);
  }
  for (const auto& [integration, longest] : stalled) {
    metrics_->Set(Metric::kSchedulerStreamRunStalledSeconds, {integration},
                  absl::ToDoubleSeconds(longest));
  }
  metrics_->Set(Metric::kSchedulerQueueStreamRuns, {"unplaced"}, unplaced);
  metrics_->Set(Metric::kSchedulerQueueStreamRuns, {"running"},
                static_cast<double>(runs_.size()) - unplaced);
}

}  // namespace lockstitch::scheduler

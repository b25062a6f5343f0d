#include "services/scheduler/run_admission.h"

#include <algorithm>
#include <utility>

namespace lockstitch::scheduler {

RunAdmission::Job::Job(RunAdmission* admission, JobLimits limits) : admission_(admission) {
  absl::MutexLock lock(&admission_->mutex_);
  entry_ = admission_->jobs_.emplace(admission_->jobs_.end());
  entry_->limits = std::move(limits);
}

RunAdmission::Job::~Job() {
  absl::MutexLock lock(&admission_->mutex_);
  admission_->jobs_.erase(entry_);
  admission_->Plan();
}

void RunAdmission::Job::Add(std::vector<QueuedRun> queued, const std::vector<QueuedRun>& underway) {
  std::stable_sort(queued.begin(), queued.end(), [](const QueuedRun& a, const QueuedRun& b) {
    return a.size_bytes > b.size_bytes;
  });
  absl::MutexLock lock(&admission_->mutex_);
  for (const QueuedRun& run : underway) {
    entry_->granted.push_back({run.run, run.connections, "was under way"});
    entry_->connections += run.connections;
    ++entry_->running;
  }
  entry_->queued = std::move(queued);
  admission_->Plan();
  entry_->changed.SignalAll();
}

std::optional<RunAdmission::Grant> RunAdmission::Job::Next(std::stop_token stop) {
  const std::stop_callback on_stop(stop, [&] {
    absl::MutexLock lock(&admission_->mutex_);
    entry_->changed.SignalAll();
  });
  absl::MutexLock lock(&admission_->mutex_);
  Entry& entry = *entry_;
  while (entry.granted.empty() && entry.started < entry.queued.size() && !stop.stop_requested())
    entry.changed.Wait(&admission_->mutex_);
  if (!entry.granted.empty()) {
    Grant grant = std::move(entry.granted.front());
    entry.granted.pop_front();
    return grant;
  }
  if (entry.started == entry.queued.size()) return std::nullopt;
  ++entry.running;
  return Grant{
      .run = entry.queued[entry.started++].run, .connections = 0, .reason = "its job is stopped"};
}

void RunAdmission::Job::End(const Grant& grant) {
  absl::MutexLock lock(&admission_->mutex_);
  --entry_->running;
  entry_->connections -= grant.connections;
  admission_->Plan();
}

RunAdmission::Standing RunAdmission::Count() {
  Standing standing;
  absl::MutexLock lock(&mutex_);
  for (const Entry& entry : jobs_) {
    standing.queued += entry.queued.size() - entry.started;
    standing.connections += entry.connections;
  }
  return standing;
}

void RunAdmission::Plan() {
  std::vector<JobStanding> standings;
  std::vector<Entry*> entries;
  for (Entry& entry : jobs_) {
    standings.push_back({.limits = &entry.limits,
                         .running = entry.running,
                         .connections = entry.connections,
                         .queued = absl::MakeConstSpan(entry.queued).subspan(entry.started)});
    entries.push_back(&entry);
  }
  for (const StartRun& start : PlanStarts(standings, most_runs_)) {
    Entry& entry = *entries[start.job];
    ++entry.started;
    ++entry.running;
    entry.connections += start.connections;
    entry.granted.push_back({start.queued.run, start.connections, start.reason});
    // One that waits for it, or more that see the last run granted.
    entry.changed.SignalAll();
  }
}

}  // namespace lockstitch::scheduler

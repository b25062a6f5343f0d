#include "services/scheduler/leader.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "failpoint/failpoint.h"
#include "rpc/retry.h"
#include "rpc/timestamp.h"
#include "services/scheduler/job_error.h"
#include "services/scheduler/log_line.h"
#include "services/scheduler/notification/notifier.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::LogSeverity;
using telemetry::Metric;

// Integrations in one plan: after a takeover, those that wait for their turn are among them.
constexpr int kMostDue = 20'000;
// Until a schedule that can't be read is looked at again: another image may lead by then.
constexpr absl::Duration kUnreadableWait = absl::Minutes(1);
// The longest wait between steps while the catalog fails.
constexpr absl::Duration kLongestWait = absl::Seconds(5);
// Between two looks at how integrations and jobs stand.
constexpr absl::Duration kStandingsInterval = absl::Seconds(2);
// Rows of each table in a step of pruning, and the time between two where nothing more is left.
constexpr int kPrunedAtOnce = 1'000;
constexpr absl::Duration kPruneInterval = absl::Minutes(1);

// When it was due or asked for.
absl::Time DueTime(const v1::Job& job) {
  return rpc::FromTimestamp(job.has_slot() ? job.slot() : job.created_at());
}

absl::Status StoppedByUser() { return Error(Reason::kStopped, "the job was stopped"); }

}  // namespace

Leader::Leader(const Options& options, int64_t term)
    : options_(options),
      store_(options.catalog, options.secrets, term),
      reports_(options.catalog),
      since_(absl::Now()),
      standings_(options.metrics),
      journal_([this](const auto& runs,
                      const auto& entries) { return store_.WriteProgress(runs, entries); },
               {.leave = leave_.get_token()}) {}

void Leader::Run(std::stop_token lost) {
  const std::stop_callback on_lost(lost, [&] { leave_.request_stop(); });
  options_.metrics->Set(Metric::kSchedulerLeading, {}, 1);
  options_.metrics->Set(Metric::kSchedulerJobsLimit, {}, static_cast<double>(options_.most_jobs));
  Notifier notifier({.store = &store_, .sender = options_.sender, .metrics = options_.metrics});
  std::thread notifying([&] { notifier.Run(leave_.get_token()); });
  const rpc::RetryPolicy pace = {.first = options_.interval, .most = kLongestWait};
  int failures = 0;
  while (rpc::WaitBeforeAttempt(pace, failures + 2, leave_.get_token())) {
    options_.steps->Begin();
    const absl::Status status = Step();
    failures = status.ok() ? 0 : failures + 1;
    if (status.ok() || leave_.stop_requested()) continue;
    if (ReasonOf(status) == Reason::kLeadershipLost) leave_.request_stop();
    telemetry::LogError("the jobs of the catalog wait", status);
    options_.metrics->Add(Metric::kSchedulerCatalogFailures, {Explain(status).reason}, 1);
  }
  notifying.join();
  jobs_.clear();
  options_.steps->End();
  options_.metrics->Set(Metric::kSchedulerLeading, {}, 0);
}

absl::Status Leader::Step() {
  Failpoint("scheduler.leader.step");
  Reap();
  RETURN_IF_ERROR(PlanDueSlots());
  RETURN_IF_ERROR(TakeJobs());
  RETURN_IF_ERROR(StopJobs());
  RETURN_IF_ERROR(TellStandings());
  return PruneJobs();
}

absl::Status Leader::PlanDueSlots() {
  const absl::Time now = absl::Now();
  std::erase_if(put_off_, [now](const auto& entry) { return entry.second <= now; });
  std::vector<int64_t> put_off;
  for (const auto& [key, until] : put_off_) put_off.push_back(key);
  ASSIGN_OR_RETURN(const std::vector<DueIntegration> due, store_.ReadDue(now, kMostDue, put_off));
  const DuePlan plan = PlanDue(due, since_, now);
  RETURN_IF_ERROR(store_.Apply(plan.slots));
  for (const int64_t key : plan.unreadable) put_off_[key] = now + kUnreadableWait;
  for (const PlannedStep& step : plan.steps) ReportStep(step);
  return absl::OkStatus();
}

void Leader::ReportStep(const PlannedStep& step) {
  const bool noted = step.action == "skip" || step.action == "invalid";
  telemetry::Log(noted ? LogSeverity::kWarning : LogSeverity::kInfo, "planned",
                 {{"integration", step.integration},
                  {"action", step.action},
                  {"slots", absl::StrCat(step.slots)},
                  {"why", step.reason}});
  options_.metrics->Add(Metric::kSchedulerPlanned, {step.action}, 1);
  const int started = step.action == "start";
  const auto skipped = static_cast<double>(step.slots);
  options_.metrics->Add(Metric::kSchedulerScheduleExpected, {step.name}, started + skipped);
  options_.metrics->Add(Metric::kSchedulerScheduleStarted, {step.name}, started);
  options_.metrics->Add(Metric::kSchedulerScheduleMissed, {step.name}, skipped);
}

absl::Status Leader::TakeJobs() {
  if (jobs_.size() >= options_.most_jobs) return absl::OkStatus();
  std::vector<std::string> known;
  for (const RunningJob& job : jobs_) known.push_back(job.id());
  const int room = static_cast<int>(options_.most_jobs - jobs_.size());
  ASSIGN_OR_RETURN(std::vector<OpenJob> taken, store_.TakeOpenJobs(known, room));
  for (OpenJob& job : taken) {
    telemetry::Log(LogSeverity::kInfo, "job taken",
                   {{"integration", job.integration_id},
                    {"job_id", job.job.job_id()},
                    {"state", v1::JobState_Name(job.job.state())}});
    if (job.job.state() == v1::JOB_STATE_PENDING) {
      options_.metrics->Observe(Metric::kSchedulerStartLagSeconds, {},
                                absl::ToDoubleSeconds(absl::Now() - DueTime(job.job)));
    }
    jobs_.emplace_back(std::move(job), RunningJob::Options{.store = &store_,
                                                           .reports = &reports_,
                                                           .journal = &journal_,
                                                           .runner = options_.runner,
                                                           .leave = leave_.get_token()});
  }
  return absl::OkStatus();
}

absl::Status Leader::StopJobs() {
  // Where none runs, none waits for its turn.
  if (jobs_.empty()) return absl::OkStatus();
  for (RunningJob& job : jobs_) {
    if (absl::Now() >= job.deadline()) job.StopAtTimeLimit();
  }
  ASSIGN_OR_RETURN(const std::vector<v1::Job> asked, store_.ReadStopRequests());
  for (const v1::Job& job : asked) {
    const auto running = std::find_if(jobs_.begin(), jobs_.end(), [&](const RunningJob& each) {
      return each.id() == job.job_id();
    });
    if (running != jobs_.end()) {
      running->Stop(StoppedByUser());
    } else if (job.state() == v1::JOB_STATE_PENDING) {
      RETURN_IF_ERROR(CancelWaiting(job));
    }
  }
  return absl::OkStatus();
}

absl::Status Leader::CancelWaiting(v1::Job job) {
  job.set_state(v1::JOB_STATE_CANCELLED);
  *job.mutable_error() = ErrorOf(StoppedByUser());
  *job.mutable_ended_at() = rpc::ToTimestamp(absl::Now());
  RETURN_IF_ERROR(store_.WriteProgress({}, {{job.job_id(), FailureLine("", job.error())}}));
  RETURN_IF_ERROR(store_.EndJob(job, /*notifications=*/{}));
  telemetry::Log(LogSeverity::kInfo, "job stopped before its turn",
                 {{"integration", job.integration()}, {"job_id", job.job_id()}});
  options_.metrics->Add(Metric::kSchedulerJobs, {job.integration(), "cancelled"}, 1);
  return absl::OkStatus();
}

absl::Status Leader::PruneJobs() {
  const absl::Time now = absl::Now();
  if (now < next_prune_) return absl::OkStatus();
  // Also where it fails: nothing waits for it.
  next_prune_ = now + kPruneInterval;
  ASSIGN_OR_RETURN(const int pruned, store_.Prune(now - options_.retention, kPrunedAtOnce));
  if (pruned == 0) return absl::OkStatus();
  telemetry::Log(LogSeverity::kInfo, "old jobs pruned", {{"rows", absl::StrCat(pruned)}});
  next_prune_ = now;
  return absl::OkStatus();
}

absl::Status Leader::TellStandings() {
  const absl::Time now = absl::Now();
  if (now < next_standings_) return absl::OkStatus();
  next_standings_ = now + kStandingsInterval;
  ASSIGN_OR_RETURN(const std::vector<IntegrationStanding> integrations,
                   ReadIntegrationStandings(*options_.catalog, telemetry::kMostIntegrations));
  ASSIGN_OR_RETURN(const QueueStanding queue, ReadQueueStanding(*options_.catalog));
  standings_.Tell(integrations, queue, now);
  return absl::OkStatus();
}

void Leader::Reap() {
  jobs_.remove_if([](const RunningJob& job) { return job.ended(); });
}

}  // namespace lockstitch::scheduler

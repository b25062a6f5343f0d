#ifndef LOCKSTITCH_SERVICES_SCHEDULER_LEADER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_LEADER_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/scheduler/due_jobs.h"
#include "services/scheduler/integration_metrics.h"
#include "services/scheduler/job_journal.h"
#include "services/scheduler/job_runner.h"
#include "services/scheduler/notification/webhook_sender.h"
#include "services/scheduler/running_job.h"
#include "services/scheduler/step_watch.h"
#include "services/scheduler/store/catalog.h"
#include "services/scheduler/store/leader_store.h"
#include "services/scheduler/store/report_store.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// What one term of leadership does: makes jobs of the slots that have come, runs every open job, as
// many at once as allowed, the oldest first, stops those that were asked to stop or have reached
// their time limit, sends notifications, and prunes jobs that are old. Errors of the catalog are
// said in the log and tried again. Runs once.
class Leader {
 public:
  // The pointers must outlive the leader.
  struct Options {
    Catalog* catalog = nullptr;
    const SecretBox* secrets = nullptr;
    const WebhookSender* sender = nullptr;
    telemetry::Metrics* metrics = nullptr;
    StepWatch* steps = nullptr;
    JobRunner::Options runner;  // Of every job; recorder, stop and leave are each one's own.
    size_t most_jobs = 100;     // At once; others stay PENDING.
    absl::Duration retention = absl::Hours(24 * 60);  // Of ended jobs with their logs.
    absl::Duration interval = absl::Milliseconds(250);
  };

  Leader(const Options& options, int64_t term);

  // Leads until `lost` is requested. Runs that are under way then are left: they go on at their
  // extractors.
  void Run(std::stop_token lost);

 private:
  absl::Status Step();
  absl::Status PlanDueSlots();
  absl::Status TakeJobs();
  absl::Status StopJobs();
  // Ends a job that has not begun.
  absl::Status CancelWaiting(v1::Job job);
  absl::Status PruneJobs();
  // Has metrics told how the catalog's integrations and jobs stand.
  absl::Status TellStandings();
  // Forgets jobs that have ended.
  void Reap();
  void ReportStep(const PlannedStep& step);

  const Options options_;
  const LeaderStore store_;
  const ReportStore reports_;
  const absl::Time since_;
  std::map<int64_t, absl::Time> put_off_;  // Integrations by their keys, and until when.
  absl::Time next_prune_ = absl::InfinitePast();
  IntegrationMetrics standings_;
  absl::Time next_standings_ = absl::InfinitePast();
  std::stop_source leave_;
  JobJournal journal_;
  std::list<RunningJob> jobs_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_LEADER_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_RUNNING_JOB_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_RUNNING_JOB_H_

#include <atomic>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/scheduler/catalog_recorder.h"
#include "services/scheduler/job_runner.h"

namespace lockstitch::scheduler {

// A job of the catalog that this process runs, in a thread of its own from construction on.
class RunningJob {
 public:
  struct Options {
    const LeaderStore* store = nullptr;  // Must outlive the job, as all pointers.
    const ReportStore* reports = nullptr;
    JobJournal* journal = nullptr;
    JobRunner::Options runner;  // Of every job; recorder, stop and leave are each one's own.
    std::stop_token leave;      // Leaves the job as it is to the scheduler that leads next.
  };

  RunningJob(OpenJob job, const Options& options);
  // Waits until the job has ended or was left.
  ~RunningJob();
  RunningJob(const RunningJob&) = delete;

  const std::string& id() const { return open_.job.job_id(); }
  // Whether its thread has nothing more to do.
  bool ended() const { return ended_; }
  // From when on it is to be stopped.
  absl::Time deadline() const { return deadline_; }
  // Ends its streams, and has it told why. What is durable stays, but for a first load that its
  // user stops (STOPPED). The first call counts.
  void Stop(const absl::Status& why);
  void StopAtTimeLimit();

 private:
  absl::Status StopCause() const;

  const OpenJob open_;
  const absl::Time deadline_;
  CatalogRecorder recorder_;
  mutable absl::Mutex mutex_;
  absl::Status stop_cause_ ABSL_GUARDED_BY(mutex_);
  std::stop_source stop_;
  std::atomic<bool> ended_ = false;
  JobRunner runner_;
  std::thread thread_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_RUNNING_JOB_H_

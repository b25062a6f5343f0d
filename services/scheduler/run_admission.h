#ifndef LOCKSTITCH_SERVICES_SCHEDULER_RUN_ADMISSION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_RUN_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/scheduler/plan.h"

namespace lockstitch::scheduler {

// Lets the queued runs of all jobs of a process start within the limits, as PlanStarts says.
// Thread-safe.
class RunAdmission {
 private:
  struct Entry;

 public:
  // A run that may start.
  struct Grant {
    size_t run = 0;            // As it was queued.
    uint32_t connections = 1;  // At each database.
    std::string reason;
  };

  // One job's runs; what is granted to them is given back with it, at the latest.
  class Job {
   public:
    // `admission` must outlive it.
    Job(RunAdmission* admission, JobLimits limits);
    ~Job();
    Job(const Job&) = delete;

    // Adds runs, once. Those of `underway` run already: they are granted at once, within the limits
    // or not.
    void Add(std::vector<QueuedRun> queued, const std::vector<QueuedRun>& underway = {});
    // Waits for the next run that may start; nullopt once all have been granted. After a stop
    // request every run that is left may start, whatever the limits: it won't take anything.
    std::optional<Grant> Next(std::stop_token stop);
    // A granted run has ended.
    void End(const Grant& grant);

   private:
    RunAdmission* admission_;
    std::list<Entry>::iterator entry_;
  };

  // How all jobs stand.
  struct Standing {
    size_t queued = 0;         // Runs that wait.
    uint32_t connections = 0;  // Granted, at each end.
  };

  // At most so many stream runs at once.
  explicit RunAdmission(size_t most_runs) : most_runs_(most_runs) {}

  Standing Count();

 private:
  struct Entry {
    JobLimits limits;
    std::vector<QueuedRun> queued;  // In the order in which they start.
    size_t started = 0;             // So many of them have been granted.
    std::deque<Grant> granted;      // Not taken by Next yet.
    size_t running = 0;
    uint32_t connections = 0;
    absl::CondVar changed;
  };

  // Grants what may start now.
  void Plan() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t most_runs_;
  absl::Mutex mutex_;
  std::list<Entry> jobs_ ABSL_GUARDED_BY(mutex_);  // The oldest first.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_RUN_ADMISSION_H_

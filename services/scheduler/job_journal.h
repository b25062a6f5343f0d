#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_JOURNAL_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "lockstitch/v1/job.pb.h"
#include "services/scheduler/store/leader_store.h"

namespace lockstitch::scheduler {

// Writes how the runs of all jobs stand, and the lines of their logs, in batches: the catalog gets
// one write for many. While it is away, lines wait; those past `most_lines` are left out, and the
// log says how many. Thread-safe.
class JobJournal {
 public:
  // As LeaderStore::WriteProgress.
  using Write = std::function<absl::Status(const std::vector<v1::StreamRun>& runs,
                                           const std::vector<JobLogEntry>& entries)>;
  struct Options {
    absl::Duration interval = absl::Milliseconds(500);  // From one write to the next.
    size_t most_lines = 20'000;                         // That wait.
    std::stop_token leave;                              // Nothing is waited for any more.
  };

  JobJournal(Write write, const Options& options);
  // What still waits is written, if the catalog takes it at once.
  ~JobJournal();

  // How an open run stands, in place of what was told of it before.
  void TellProgress(const v1::StreamRun& run);
  // The run has ended, or is about to: nothing that was told of it is worth writing.
  void Forget(const std::string& run_id);
  void Log(const std::string& job_id, const v1::LogEntry& entry);

  // Returns once every line of the job's log is written; LEADERSHIP_LOST once that is, or nothing
  // is waited for any more.
  absl::Status Flush(const std::string& job_id);

 private:
  struct Batch {
    std::vector<v1::StreamRun> runs;
    std::vector<JobLogEntry> entries;
  };
  // Lines of one job's log.
  struct Lines {
    size_t waiting = 0;    // Not written yet.
    int64_t left_out = 0;  // Since the last one that was taken.
  };

  void Run();
  // Waits for something to be written; an empty batch if nothing will be any more.
  Batch Next();
  // Writes it, however long that takes, unless the jobs are left. One that is refused is written in
  // parts, so that what is refused alone is lost.
  void WriteOut(const Batch& batch);
  void WriteParts(const Batch& batch);
  void Lose();

  const Write write_;
  const Options options_;
  absl::Mutex mutex_;
  std::map<std::string, v1::StreamRun> runs_ ABSL_GUARDED_BY(mutex_);  // By run id.
  std::vector<JobLogEntry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Lines> lines_ ABSL_GUARDED_BY(mutex_);  // By job id.
  int flushes_ ABSL_GUARDED_BY(mutex_) = 0;                     // That wait.
  bool left_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::stop_callback<std::function<void()>> on_leave_;
  std::thread thread_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_JOURNAL_H_

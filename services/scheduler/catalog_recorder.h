#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CATALOG_RECORDER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CATALOG_RECORDER_H_

#include <stop_token>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "services/scheduler/job_journal.h"
#include "services/scheduler/job_recorder.h"
#include "services/scheduler/store/report_store.h"

namespace lockstitch::scheduler {

// Writes what becomes of a job into the catalog. While that is away calls wait, until it is back or
// the job is left.
class CatalogRecorder final : public JobRecorder {
 public:
  // The pointers must outlive the recorder.
  struct Options {
    const LeaderStore* store = nullptr;
    const ReportStore* reports = nullptr;
    JobJournal* journal = nullptr;
    const OpenJob* job = nullptr;
    std::stop_token leave;  // LEADERSHIP_LOST is the answer from then on.
  };

  explicit CatalogRecorder(const Options& options);

  absl::Status StartJob(const v1::Job& job) override;
  absl::Status AddRuns(const std::vector<v1::StreamRun>& runs) override;
  void TellPreview(const v1::StreamPreview& preview) override;
  absl::Status RecordDispatch(const std::string& run_id, const DispatchedRun& dispatched) override;
  void TellProgress(const v1::StreamRun& run) override;
  void Log(const v1::LogEntry& entry) override;
  absl::Status EndRun(const EndedRun& ended) override;
  absl::Status EndJob(const v1::Job& job) override;

 private:
  // Warns of a quota that is about to be used up.
  void TellQuota();
  absl::Status Write(absl::FunctionRef<absl::Status()> write);

  const Options options_;
  const std::string& job_id_;
  absl::Mutex mutex_;
  std::vector<v1::StreamRun> ended_ ABSL_GUARDED_BY(mutex_);  // Also by earlier owners.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CATALOG_RECORDER_H_

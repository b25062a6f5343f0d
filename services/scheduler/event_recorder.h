#ifndef LOCKSTITCH_SERVICES_SCHEDULER_EVENT_RECORDER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_EVENT_RECORDER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/scheduler/job_recorder.h"

namespace lockstitch::scheduler {

// Tells a listener of a job that is kept nowhere. Every call is OK.
class EventRecorder final : public JobRecorder {
 public:
  // Called in several threads, never in two at once.
  using Listener = std::function<void(const v1::JobEvent&)>;

  explicit EventRecorder(Listener listener) : listener_(std::move(listener)) {}

  absl::Status StartJob(const v1::Job& job) override;
  absl::Status AddRuns(const std::vector<v1::StreamRun>& runs) override;
  void TellPreview(const v1::StreamPreview& preview) override;
  absl::Status RecordDispatch(const std::string& run_id, const DispatchedRun& dispatched) override;
  void TellProgress(const v1::StreamRun& run) override;
  void Log(const v1::LogEntry& entry) override;
  absl::Status EndRun(const EndedRun& ended) override;
  absl::Status EndJob(const v1::Job& job) override;

 private:
  void Tell(const v1::JobEvent& event);

  absl::Mutex mutex_;
  const Listener listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_EVENT_RECORDER_H_

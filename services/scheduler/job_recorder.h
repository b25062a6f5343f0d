#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_RECORDER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_RECORDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lockstitch/v1/job.pb.h"
#include "services/scheduler/store/leader_store.h"

namespace lockstitch::scheduler {

// Where what becomes of one job is written down. Of calls about one run the next comes once the
// last has returned; those about several come in several threads at once. Calls that answer a
// status return once it is written, however long that takes, with OK, or LEADERSHIP_LOST: then the
// job is another scheduler's, and whoever ran it must let go of it and write no more.
class JobRecorder {
 public:
  virtual ~JobRecorder() = default;

  // PENDING -> RUNNING.
  virtual absl::Status StartJob(const v1::Job& job) = 0;
  // The job's runs, QUEUED. Once, before any of them starts.
  virtual absl::Status AddRuns(const std::vector<v1::StreamRun>& runs) = 0;
  // What is about to change with the next load of a stream.
  virtual void TellPreview(const v1::StreamPreview& preview) = 0;
  // How a run is about to be dispatched: nothing may be sent before this was OK.
  virtual absl::Status RecordDispatch(const std::string& run_id,
                                      const DispatchedRun& dispatched) = 0;
  // How a run stands that has not ended. What a later call tells replaces it.
  virtual void TellProgress(const v1::StreamRun& run) = 0;
  // A line of the job's log.
  virtual void Log(const v1::LogEntry& entry) = 0;
  // A run's end. What was told of it before is written by then.
  virtual absl::Status EndRun(const EndedRun& ended) = 0;
  // The job's end, last of all.
  virtual absl::Status EndJob(const v1::Job& job) = 0;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_RECORDER_H_

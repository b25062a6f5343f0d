#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_SELECTION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_SELECTION_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "services/scheduler/job_recorder.h"
#include "services/scheduler/job_streams.h"

namespace lockstitch::scheduler {

// What a job is to run, found once it is first asked for. An error is not kept: who asks later has
// it tried again. Thread-safe.
class JobSelection {
 public:
  // `job` and `recorder` must outlive it.
  JobSelection(const OpenJob& job, const FindStreamsOptions& options, JobRecorder* recorder)
      : job_(job), options_(options), recorder_(recorder) {}

  // Errors of FindStreams, or why the job's settings can't be read.
  absl::StatusOr<std::shared_ptr<const JobStreams>> Find();
  // One of its streams; STREAM_NOT_FOUND besides.
  absl::StatusOr<SelectedStream> Find(const std::string& stream);

  // As JobStreams have it; empty before they are found.
  std::string integration_uid() const;

 private:
  const OpenJob& job_;
  const FindStreamsOptions options_;
  JobRecorder* const recorder_;
  mutable absl::Mutex mutex_;
  bool finding_ ABSL_GUARDED_BY(mutex_) = false;
  absl::StatusOr<std::shared_ptr<const JobStreams>> found_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t> places_ ABSL_GUARDED_BY(mutex_);  // Of the streams found.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_SELECTION_H_

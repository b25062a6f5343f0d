#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_JOBS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_JOBS_H_

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/control.pb.h"
#include "services/scheduler/store/job_store.h"

namespace lockstitch::scheduler {

// The jobs that a catalog keeps, as the RPCs of the same names say. Thread-safe.
class Jobs {
 public:
  // The store must outlive it.
  struct Options {
    const JobStore* store = nullptr;
    absl::Duration watch_interval = absl::Milliseconds(500);  // Between looks at a watched job.
  };

  explicit Jobs(const Options& options) : options_(options) {}

  absl::StatusOr<v1::RunJobResponse> Run(const v1::RunJobRequest& request) const;
  absl::StatusOr<v1::Job> Stop(const std::string& name) const;
  absl::StatusOr<v1::GetJobResponse> Get(const std::string& name) const;
  absl::StatusOr<v1::ListJobsResponse> List(const v1::ListJobsRequest& request) const;
  absl::StatusOr<v1::ListLogEntriesResponse> ListLogEntries(
      const v1::ListLogEntriesRequest& request) const;

  // In the caller's thread, until the job has ended; SHUTTING_DOWN if `stop` is requested before. A
  // listener's failure ends it.
  using Listener = std::function<absl::Status(const v1::JobEvent&)>;
  absl::Status Watch(const std::string& name, const Listener& listener, std::stop_token stop) const;

 private:
  const Options options_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_JOBS_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_H_

#include <cstddef>
#include <functional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/job.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/extractor/extractor_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/job_runner.h"
#include "services/scheduler/run_admission.h"
#include "services/scheduler/run_watch.h"
#include "telemetry/metrics.h"
#include "verification/checksum_client.h"

namespace lockstitch::scheduler {

// Owns jobs. Thread-safe.
class Scheduler {
 public:
  // The pointers must outlive the scheduler.
  struct Options {
    const discovery::DiscoveryClient* discovery = nullptr;
    const extractor::ExtractorClient* extractor = nullptr;
    const loader::LoaderClient* loader = nullptr;
    const verification::ChecksumClient* source_checksums = nullptr;
    const verification::ChecksumClient* destination_checksums = nullptr;
    telemetry::Metrics* metrics = nullptr;
    size_t max_parallel_streams = 4;  // Of a job, where neither request nor integration say.
    size_t max_runs = 100;            // Stream runs of all jobs at once.
    absl::Duration progress_deadline =
        absl::Minutes(2);  // An extractor that reports nothing for so long is given up.
  };

  explicit Scheduler(const Options& options);

  // Runs one job to its end, in the caller's thread. INTEGRATION_INVALID and
  // CONNECTION_FILE_UNREADABLE before anything has begun; a job that failed is OK and tells so by
  // its last event. A stop request, or Stop, ends its streams and what they have half-loaded.
  absl::Status RunOnce(const v1::RunOnceRequest& request,
                       const std::function<void(const v1::JobEvent&)>& listener,
                       std::stop_token stop);

  // As the RPC of this name.
  v1::ValidateIntegrationResponse ValidateIntegration(const v1::Integration& integration) const;

  // As the RPC of this name, in the caller's thread. INTEGRATION_INVALID,
  // CONNECTION_FILE_UNREADABLE and STREAM_NOT_LOADED before anything has begun; SHUTTING_DOWN.
  absl::Status Verify(const v1::VerifyRequest& request,
                      const std::function<void(const v1::VerifyResponse&)>& listener,
                      std::stop_token stop);

  // As the RPC of this name. INTEGRATION_INVALID, CONNECTION_FILE_UNREADABLE, and the
  // loader's errors.
  absl::StatusOr<v1::ForgottenIntegration> ForgetIntegration(
      const v1::SchedulerServiceForgetIntegrationRequest& request) const;

  // What every job of this process is run with; recorder, stop and leave are each one's own.
  const JobRunner::Options& runner() const { return runner_; }

  // Stops every job that is kept nowhere and every comparison, and refuses later ones with
  // SHUTTING_DOWN.
  void Stop() { stop_.request_stop(); }

 private:
  // Sets the metrics that are looked up.
  void Sample();

  const Options options_;
  RunAdmission admission_;
  RunWatch watch_;
  const JobRunner::Options runner_;
  std::stop_source stop_;
  const telemetry::Metrics::Sampling sampling_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_H_

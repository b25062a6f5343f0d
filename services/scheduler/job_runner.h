#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_RUNNER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_RUNNER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/scheduler/dispatch.h"
#include "services/scheduler/plan.h"
#include "services/scheduler/selection.h"
#include "services/scheduler/stream_verifier.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// One job: discovers, selects, and runs every stream through a dispatch, as many at once as
// allowed. One stream's failure leaves the others alone. Runs once.
class JobRunner {
 public:
  struct Options {
    const discovery::DiscoveryClient* discovery = nullptr;
    telemetry::Metrics* metrics = nullptr;
    Dispatch::Options dispatch;  // Its stop token is the job's.
    JobLimits limits;
    bool reset = false;
    // Compares what was loaded. Its stop token is the job's.
    std::optional<StreamVerifier::Options> verifier;
  };
  // What became known, one event after the other; called in several threads, never in two at once.
  using Listener = std::function<void(const v1::JobEvent&)>;

  JobRunner(const v1::Integration& integration, const Options& options, Listener listener);

  // Returns when every stream run has ended. The last event is the ended job.
  void Run();

 private:
  struct Stream {
    SelectedStream selected;
    v1::StreamRun run;
    uint32_t connections = 1;  // Wanted, then granted.
    std::optional<v1::RowSums> snapshot_sums;
  };

  absl::Status SelectAndRun();
  // Makes the integration known to its destination, takes away what appeared after its first job
  // where it wants that, and tells what has become of edited settings.
  absl::Status Register(const discovery::Catalog& catalog, std::vector<SelectedStream>* selected);
  void Preview(const discovery::Catalog& catalog, const v1::RegisterStreamsResponse& registered,
               const std::vector<SelectedStream>& selected);
  void RunStreams();
  void RunStream(Stream& stream);
  v1::ExtractOffer OfferOf(const Stream& stream) const;
  void Follow(Stream& stream, const v1::ExtractResponse& response);
  // Compares what was published, if that is wanted.
  absl::Status VerifyStream(Stream& stream);
  // `verified` is a published stream's only.
  void EndStream(Stream& stream, const absl::StatusOr<v1::LoadResult>& result,
                 const absl::Status& verified, int attempts);
  void EndJob(const absl::Status& failure);
  std::vector<RunStanding> Standings() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportStream(const Stream& stream) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportJob() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportLog(v1::Severity severity, const std::string& stream, const std::string& text)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const v1::Integration& integration_;
  const Options options_;
  const Listener listener_;
  std::string uid_;  // The destination's; empty before it is known.
  mutable absl::Mutex mutex_;
  bool plan_due_ ABSL_GUARDED_BY(mutex_) = true;  // A run has ended since the last plan.
  v1::Job job_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_RUNNER_H_

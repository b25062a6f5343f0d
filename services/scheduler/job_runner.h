#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_RUNNER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_RUNNER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "services/discovery/discovery_client.h"
#include "services/scheduler/dispatch.h"
#include "services/scheduler/job_recorder.h"
#include "services/scheduler/job_selection.h"
#include "services/scheduler/run_admission.h"
#include "services/scheduler/run_watch.h"
#include "services/scheduler/stream_runner.h"
#include "services/scheduler/stream_verifier.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// One job: discovers, selects, and runs every stream, as many at once as are admitted. One stream's
// failure leaves the others alone. Begins where an earlier owner left the job: what has ended stays
// ended, what is under way goes on, whether the source can be reached or not. Runs once.
class JobRunner {
 public:
  struct Options {
    // The pointers must outlive the runner.
    const discovery::DiscoveryClient* discovery = nullptr;
    RunAdmission* admission = nullptr;
    RunWatch* watch = nullptr;
    JobRecorder* recorder = nullptr;
    telemetry::Metrics* metrics = nullptr;
    Dispatch::Options dispatch;  // Its stop token is the job's, and so is `leave`.
    size_t parallel_streams = 1;
    bool reset = false;
    // Compares what was loaded. Its stop token is the job's.
    std::optional<StreamVerifier::Options> verifier;
  };

  // `job`, which must outlive the runner, has its id; it may have begun before.
  JobRunner(const OpenJob& job, const Options& options);

  // Returns once the job's end is recorded, or it was left to its next owner.
  void Run();

 private:
  absl::Status Start();
  absl::Status SelectAndRun();
  // One for each stream selected.
  absl::Status MakeRuns();
  // Of a job that has runs: one for each that is open.
  void TakeRuns();
  absl::Status RunStreams();
  // Runs what is admitted until nothing is left to start.
  void Work(RunAdmission::Job& admitted);
  absl::Status End(const absl::Status& failure);

  const OpenJob& open_;
  const Options options_;
  std::stop_source leave_;  // As the owner wants, or since a write found another one.
  std::stop_source hurry_;  // Nothing more is waited for: stopped or left.
  JobSelection selection_;
  StreamRunner::Options stream_options_;
  v1::Job job_;
  std::vector<v1::StreamRun> ended_before_;  // By earlier owners.
  std::vector<std::unique_ptr<StreamRunner>> streams_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_RUNNER_H_

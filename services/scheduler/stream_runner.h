#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STREAM_RUNNER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STREAM_RUNNER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "services/scheduler/dispatch.h"
#include "services/scheduler/job_recorder.h"
#include "services/scheduler/job_selection.h"
#include "services/scheduler/run_watch.h"
#include "services/scheduler/selection.h"
#include "services/scheduler/stream_verifier.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// One stream run of a job: taken through a dispatch, compared if that is wanted, and told to the
// job's recorder. Runs once.
class StreamRunner {
 public:
  struct Options {
    const v1::Integration* integration = nullptr;  // Must outlive the runner, as all pointers.
    JobSelection* selection = nullptr;
    bool reset = false;
    Dispatch::Options dispatch;
    std::optional<StreamVerifier::Options> verifier;  // Compares what was loaded.
    telemetry::Metrics* metrics = nullptr;
    RunWatch* watch = nullptr;
    JobRecorder* recorder = nullptr;
  };

  // `open` has not ended; it may have been dispatched by an earlier owner. One that is not
  // `selected` is once it comes to another extraction: to go on with one takes no more than its
  // name. `options` must outlive the runner.
  StreamRunner(const Options& options, OpenRun open, std::optional<SelectedStream> selected);

  // Takes the run to its end, with so many connections at each database. OK once the end is
  // recorded, whatever it was; LEADERSHIP_LOST if the run was left to its next owner.
  absl::Status Run(uint32_t connections);

  // As it is, before and after Run.
  const v1::StreamRun& run() const { return run_; }
  const SelectedStream& selected() const { return selected_; }
  // An earlier owner may have begun it.
  bool underway() const { return dispatched_.fence > 0; }
  // As an earlier owner has left it.
  const DispatchedRun& dispatched() const { return dispatched_; }
  // Rows that it committed, known at its end.
  int64_t rows() const { return rows_; }

 private:
  v1::ExtractOffer OfferOf(uint32_t connections) const;
  // Why it can't run, unless the extractor explains that.
  absl::Status Problem() const;
  void Follow(const v1::ExtractResponse& response, RunWatch::Run& watched);
  // Another extraction is tried.
  void CountRetry(const absl::Status& failure, RunWatch::Run& watched) const;
  // Adds to the run what its destination table has come to, and counts it.
  void AddChanges(const v1::ExtractBegun& begun);
  // Compares what was published, if that is wanted.
  absl::Status Verify();
  // `kept` is what the destination keeps of the run, where it told.
  absl::Status End(const absl::Status& failure, const std::optional<v1::LoadResult>& kept);

  const Options& options_;
  const bool by_name_;  // Selected once it comes to that.
  SelectedStream selected_;
  const DispatchedRun dispatched_;
  v1::StreamRun run_;
  int64_t rows_ = 0;
  int64_t durable_rows_ = 0;  // Of a run that failed.
  std::optional<v1::RowSums> snapshot_sums_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STREAM_RUNNER_H_

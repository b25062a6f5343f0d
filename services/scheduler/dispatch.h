#ifndef LOCKSTITCH_SERVICES_SCHEDULER_DISPATCH_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_DISPATCH_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/extractor.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "services/extractor/extractor_client.h"
#include "services/loader/loader_client.h"

namespace lockstitch::scheduler {

// Whether a run that failed with `failure` is tried once more, and why or why not: as the table of
// reasons says.
struct RetryDecision {
  bool again = false;
  std::string reason;
};
// `attempts` have begun in all; `waited` is how long nothing has run since the last of them;
// `reached` is whether the destination has answered the run before.
RetryDecision DecideRetry(const absl::Status& failure, int attempts, absl::Duration waited,
                          bool reached);

// Takes one stream run through: offers it to an extractor, draws its fence once it is accepted,
// follows it to its end, tries again with another fence where the failure allows, and at last asks
// the loader what became of it. Runs once.
class Dispatch {
 public:
  struct Options {
    const extractor::ExtractorClient* extractor = nullptr;  // Must outlive the dispatch.
    const loader::LoaderClient* loader = nullptr;           // Must outlive the dispatch.
    absl::Duration progress_deadline =
        absl::Minutes(2);  // An extractor that reports nothing for so long is given up.
    std::stop_token stop;
  };
  // What became known of the run; called in the dispatch's thread.
  using Listener = std::function<void(const v1::ExtractResponse&)>;

  Dispatch(const v1::ExtractOffer& offer, const Options& options, Listener listener);

  // The published result, or why there is none. STOPPED after a stop request, unless the load had
  // been published.
  absl::StatusOr<v1::LoadResult> Run();

  // Extractions that were begun or tried to; offers that found no free slot don't count.
  int attempts() const { return attempts_; }

  // Of an INCREMENTAL stream: the rows that a run has committed though it failed.
  int64_t durable_rows() const { return durable_rows_; }

 private:
  absl::StatusOr<v1::LoadResult> Attempt();
  absl::StatusOr<v1::ReserveRunResponse> Reserve();
  // What became of the run at the destination, where its owner gave up.
  absl::StatusOr<v1::LoadResult> Abort(const absl::Status& failure);
  void Note(v1::Severity severity, const std::string& text);

  const v1::ExtractOffer& offer_;
  const Options options_;
  const Listener listener_;
  int attempts_ = 0;
  uint32_t draws_ = 0;
  int64_t durable_rows_ = 0;
  int64_t fence_ = 0;
  absl::Time idle_since_ =
      absl::InfinitePast();  // When a run was last accepted, reported or queued.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_DISPATCH_H_

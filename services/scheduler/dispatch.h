#ifndef LOCKSTITCH_SERVICES_SCHEDULER_DISPATCH_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_DISPATCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/extractor.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "services/extractor/extractor_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/dispatched_run.h"
#include "services/scheduler/extract_call.h"
#include "services/scheduler/extractor_directory.h"

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

// What is done about a kept run whose call has failed.
enum class NextStep {
  kDecide,  // The run has ended: DecideRetry tells.
  kAttach,  // It may go on at its extractor.
  kOffer,   // Its extractor doesn't have it any more.
};
// `attached` is whether the call was to go on with a run; `followed` is whether the run was under
// way in it; `lost` is whether its extractor has been out of reach for too long.
NextStep StepAfter(const absl::Status& failure, bool attached, bool followed, bool lost);

// Takes one stream run through: offers it to an extractor, draws its fence once it is accepted,
// follows it to its end, tries again with another fence where the failure allows, and at last asks
// the loader what became of it. A run that is kept outlives its owner: the dispatch goes on with
// what an earlier one left at an extractor, and draws anew only where that is gone. Runs once.
class Dispatch {
 public:
  // Of a run that is kept in a catalog.
  struct Keeping {
    absl::Duration grace;  // How long the run goes on at its extractor without an owner.
    ExtractorDirectory* extractors = nullptr;  // Must outlive the dispatch.
    // Writes how the run is dispatched: before its `go` is sent, and again, to test that the run is
    // still this process's, before anything else that follows a failure. An error ends the
    // dispatch, which leaves run and load as they are.
    std::function<absl::Status(const DispatchedRun&)> record;
    DispatchedRun left;  // What was last written by whoever owned it before.
  };
  struct Options {
    const extractor::ExtractorClient* extractor = nullptr;  // Must outlive the dispatch.
    const loader::LoaderClient* loader = nullptr;           // Must outlive the dispatch.
    absl::Duration progress_deadline =
        absl::Minutes(2);  // An extractor that reports nothing for so long is given up.
    std::stop_token stop;  // Ends the run, and what it has half-loaded.
    // Why, once that was requested. Unset: STOPPED, by the user. What is durable of a first load
    // goes with the user's stop alone.
    std::function<absl::Status()> stop_cause;
    // Ends the dispatch of a kept run alone: its next owner goes on with it.
    std::stop_token leave;
    std::optional<Keeping> keeping;
    // Of an offer that doesn't say all yet, which is enough to go on with a run: fills it in before
    // it is made. What keeps it from that is the attempt's failure.
    std::function<absl::Status(v1::ExtractOffer*)> complete;
    // Told before another extraction is tried, of what the last attempt failed by. Optional.
    std::function<void(const absl::Status&)> retrying;

    absl::Status StopCause() const;
  };
  // What became known of the run; called in the dispatch's thread.
  using Listener = std::function<void(const v1::ExtractResponse&)>;

  Dispatch(const v1::ExtractOffer& offer, const Options& options, Listener listener);

  // The published result, or why there is none. STOPPED after a stop request, unless the load had
  // been published. An error says nothing of the run where the dispatch has left it.
  absl::StatusOr<v1::LoadResult> Run();

  // In place of Run, of a run that can't go on: ends what an earlier owner has left of it. Answers
  // as Run does, `failure` unless the load had been published.
  absl::StatusOr<v1::LoadResult> GiveUp(const absl::Status& failure);

  // What the destination keeps of the run, where it has told.
  const std::optional<v1::LoadResult>& kept() const { return kept_; }

  // Extractions that were begun or tried to, by earlier owners as well; offers that found no free
  // slot don't count.
  int attempts() const { return attempts_; }

  // Of an INCREMENTAL stream: the rows that a run has committed though it failed.
  int64_t durable_rows() const { return durable_rows_; }

  // Whether Run has ended before the run.
  bool left() const { return left_; }

 private:
  // The ways of an attempt: another extraction, or going on with that which is dispatched.
  absl::StatusOr<v1::LoadResult> Offer();
  absl::StatusOr<v1::LoadResult> Attach();
  absl::StatusOr<v1::LoadResult> Follow(ExtractCall& call);
  absl::StatusOr<v1::ReserveRunResponse> Reserve();
  // What comes after an attempt that failed so; counts it.
  NextStep CountAttempt(const absl::Status& failure);
  // Whether the run's extractor has been out of reach for so long that the run is given up.
  bool IsLost() const;
  // Whether another extraction may be tried; tells so.
  bool MayTryAgain(const absl::Status& failure, bool drawn);
  // OK while the run is this process's.
  absl::Status TestOwned();
  // The result that the destination keeps, or RUN_ABORTED.
  absl::StatusOr<v1::LoadResult> Keep(const v1::LoadResult& result);
  // What became of the run at the destination, where its owner gave up.
  absl::StatusOr<v1::LoadResult> Abort(const absl::Status& failure);
  ExtractCall::Options CallOptions() const;
  void Note(v1::Severity severity, const std::string& text);

  v1::ExtractOffer offer_;
  const Options options_;
  const Listener listener_;
  std::stop_source halt_;  // Requested by either of the options' tokens.
  const std::stop_callback<std::function<void()>> halt_at_stop_;
  const std::stop_callback<std::function<void()>> halt_at_leave_;
  int attempts_ = 0;
  int64_t durable_rows_ = 0;
  DispatchedRun dispatched_;
  bool attach_ = false;    // Whether the present attempt goes on with what is dispatched.
  bool followed_ = false;  // Whether the run was under way in it.
  bool left_ = false;
  std::optional<v1::LoadResult> kept_;
  absl::Time idle_since_ =
      absl::InfinitePast();  // When a run was last accepted, reported or queued.
  absl::Time out_of_reach_since_ = absl::InfinitePast();  // If it is: when it was last followed.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_DISPATCH_H_

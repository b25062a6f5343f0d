#include "services/scheduler/dispatch.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "failpoint/failpoint.h"
#include "rpc/retry.h"
#include "rpc/status_conversion.h"
#include "services/scheduler/log_line.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// A loader that is gone shall not keep a scheduler from shutting down.
constexpr rpc::RetryPolicy kAbortPolicy = {.attempts = 5};
constexpr rpc::RetryPolicy kAttemptPolicy = {.first = absl::Milliseconds(500),
                                             .most = absl::Seconds(15)};
// The part of a run's grace time in which an extractor that can't be reached is waited for: mostly
// it is the network that comes back. One that is gone for good costs so much time.
constexpr int kPatience = 10;

// Nothing of an extraction that failed is kept for the next one.
bool IsFullTable(const v1::ExtractOffer& offer) {
  return offer.settings().method() != v1::REPLICATION_METHOD_INCREMENTAL;
}

// Whether the run can be gone on with where it is.
bool IsWithinReach(const DispatchedRun& dispatched) {
  return dispatched.fence > 0 && !dispatched.extractor.empty();
}

void SetGrace(absl::Duration grace, v1::ExtractOffer* offer) {
  offer->mutable_grace()->set_seconds(absl::ToInt64Seconds(grace));
  offer->mutable_grace()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(grace % absl::Seconds(1))));
}

}  // namespace

RetryDecision DecideRetry(const absl::Status& failure, int attempts, absl::Duration waited,
                          bool reached) {
  const std::optional<Reason> reason = ReasonOf(failure);
  if (!reason) return {.again = false, .reason = "a failure without a reason code is final"};
  // A host that has answered before is down for a while, as a lost connection says of it.
  const bool gone = reason == Reason::kHostUnreachable && reached;
  const ReasonInfo& info = InfoOf(gone ? Reason::kConnectionLost : *reason);
  if (info.owner != Owner::kRetried)
    return {.again = false, .reason = absl::StrCat(info.code, " is final")};
  if (attempts >= info.attempts) {
    return {
        .again = false,
        .reason = absl::StrCat(info.code, " after ", attempts, " of ", info.attempts, " attempts")};
  }
  if (waited >= info.total) {
    return {.again = false,
            .reason = absl::StrCat(info.code, " for ", absl::FormatDuration(info.total))};
  }
  return {.again = true,
          .reason = absl::StrCat(info.code, " at attempt ", attempts, " of ", info.attempts)};
}

NextStep StepAfter(const absl::Status& failure, bool attached, bool followed, bool lost) {
  const std::optional<Reason> reason = ReasonOf(failure);
  if (attached && reason == Reason::kRunNotFound) return NextStep::kOffer;
  if (attached && !followed)
    return rpc::CallBroke(failure) && !lost ? NextStep::kAttach : NextStep::kOffer;
  if (followed && rpc::CallBroke(failure)) return NextStep::kAttach;
  // Somebody attached who owned the run before, which ends when it goes on; or the loader said so,
  // and then the next draw tells who was drawn for.
  if (followed && reason == Reason::kSuperseded)
    return attached ? NextStep::kOffer : NextStep::kAttach;
  return NextStep::kDecide;
}

absl::Status Dispatch::Options::StopCause() const {
  return stop_cause ? stop_cause() : Error(Reason::kStopped, "the job was stopped");
}

Dispatch::Dispatch(const v1::ExtractOffer& offer, const Options& options, Listener listener)
    : offer_(offer),
      options_(options),
      listener_(std::move(listener)),
      halt_at_stop_(options.stop, [this] { halt_.request_stop(); }),
      halt_at_leave_(options.leave, [this] { halt_.request_stop(); }) {
  if (!options_.keeping) return;
  dispatched_ = options_.keeping->left;
  attach_ = IsWithinReach(dispatched_);
  // What the last draw was for isn't given up yet.
  attempts_ = static_cast<int>(dispatched_.draws) - attach_;
}

absl::StatusOr<v1::LoadResult> Dispatch::Run() {
  idle_since_ = out_of_reach_since_ = absl::Now();
  absl::Status failure = Error(Reason::kStopped, "the job was stopped before the run began");
  for (int wait = 1; rpc::WaitBeforeAttempt(kAttemptPolicy, wait, halt_.get_token()); ++wait) {
    const int64_t fence = dispatched_.fence;
    followed_ = false;
    const absl::StatusOr<v1::LoadResult> result = attach_ ? Attach() : Offer();
    if (result.ok()) {
      ++attempts_;
      return result;
    }
    if (left_) return result;
    failure = result.status();
    if (options_.stop.stop_requested()) ++attempts_;
    if (halt_.stop_requested()) break;
    const NextStep step = CountAttempt(failure);
    if (step == NextStep::kDecide && !MayTryAgain(failure, dispatched_.fence != fence)) break;
    attach_ = step == NextStep::kAttach;
    if (ReasonOf(failure) != Reason::kSlotsExhausted) RETURN_IF_ERROR(TestOwned());
    if (!attach_ && options_.retrying) options_.retrying(failure);
  }
  RETURN_IF_ERROR(TestOwned());
  return Abort(options_.stop.stop_requested() ? options_.StopCause() : failure);
}

absl::StatusOr<v1::LoadResult> Dispatch::GiveUp(const absl::Status& failure) {
  RETURN_IF_ERROR(TestOwned());
  return Abort(failure);
}

absl::StatusOr<v1::LoadResult> Dispatch::Keep(const v1::LoadResult& result) {
  kept_ = result;
  if (result.outcome() == v1::LOAD_OUTCOME_PUBLISHED) return result;
  return Error(Reason::kRunAborted, "the run was ended at the destination");
}

NextStep Dispatch::CountAttempt(const absl::Status& failure) {
  if (followed_) out_of_reach_since_ = absl::Now();
  const NextStep step = options_.keeping && IsWithinReach(dispatched_)
                            ? StepAfter(failure, attach_, followed_, IsLost())
                            : NextStep::kDecide;
  // Waiting for a slot is no failure: what comes after it has its whole time.
  const bool queued = ReasonOf(failure) == Reason::kSlotsExhausted;
  if (queued) idle_since_ = absl::Now();
  if (step == NextStep::kAttach) {
    Note(v1::SEVERITY_WARNING, absl::StrCat("going on with the run: ", failure.message()));
  } else if (!queued) {
    ++attempts_;
  }
  if (step == NextStep::kOffer) {
    Note(v1::SEVERITY_WARNING,
         absl::StrCat("what was read is lost: ", failure.message(),
                      IsFullTable(offer_) ? "; the full table starts over" : ""));
  }
  return step;
}

bool Dispatch::IsLost() const {
  return absl::Now() - out_of_reach_since_ >= options_.keeping->grace / kPatience;
}

bool Dispatch::MayTryAgain(const absl::Status& failure, bool drawn) {
  const RetryDecision decision =
      DecideRetry(failure, attempts_, absl::Now() - idle_since_, dispatched_.fence > 0);
  if (decision.again && ReasonOf(failure) != Reason::kSlotsExhausted) {
    Note(v1::SEVERITY_WARNING,
         absl::StrCat("trying again: ", decision.reason, ": ", failure.message(),
                      drawn && IsFullTable(offer_) ? "; the full table starts over" : ""));
  }
  return decision.again;
}

absl::Status Dispatch::TestOwned() {
  if (!options_.keeping) return absl::OkStatus();
  absl::Status owned = options_.leave.stop_requested()
                           ? Error(Reason::kStopped, "the run goes on without this owner")
                       : dispatched_.fence > 0 ? options_.keeping->record(dispatched_)
                                               : absl::OkStatus();
  left_ = !owned.ok();
  return owned;
}

absl::StatusOr<v1::LoadResult> Dispatch::Offer() {
  if (options_.complete) RETURN_IF_ERROR(options_.complete(&offer_));
  if (options_.keeping) SetGrace(options_.keeping->grace, &offer_);
  ExtractCall call(options_.extractor->Extract(), CallOptions());
  v1::ExtractRequest request;
  *request.mutable_offer() = offer_;
  call.Write(request);
  v1::ExtractResponse response;
  if (!call.Read(&response) || !response.has_accepted()) return call.Failure();
  idle_since_ = absl::Now();
  const std::string address = response.accepted().address();
  listener_(response);

  ASSIGN_OR_RETURN(const v1::ReserveRunResponse reserved, Reserve());
  if (reserved.has_result()) return Keep(reserved.result());
  Failpoint("scheduler.fence.drawn");
  const DispatchedRun drawn = {.fence = reserved.fence(),
                               .draws = dispatched_.draws + 1,
                               .extractor = address,
                               .connections = offer_.grant().source()};
  if (options_.keeping) {
    const absl::Status recorded = options_.keeping->record(drawn);
    left_ = !recorded.ok();
    RETURN_IF_ERROR(recorded);
  }
  dispatched_ = drawn;
  request.mutable_go()->set_fence(drawn.fence);
  call.Begin(request, options_.keeping.has_value());
  return Follow(call);
}

absl::StatusOr<v1::LoadResult> Dispatch::Attach() {
  const auto extractor = options_.keeping->extractors->At(dispatched_.extractor);
  ExtractCall call(extractor->Extract(), CallOptions());
  v1::ExtractRequest request;
  request.mutable_attach()->set_run_id(offer_.run_id());
  request.mutable_attach()->set_fence(dispatched_.fence);
  call.Begin(request, /*outlives=*/true);
  v1::ExtractResponse response;
  if (!call.Read(&response) || !response.has_accepted()) return call.Failure();
  idle_since_ = absl::Now();
  listener_(response);
  Note(v1::SEVERITY_INFO,
       absl::StrCat("goes on with the run at the extractor at ", dispatched_.extractor));
  return Follow(call);
}

absl::StatusOr<v1::LoadResult> Dispatch::Follow(ExtractCall& call) {
  followed_ = true;
  v1::ExtractResponse response;
  while (call.Read(&response)) {
    idle_since_ = absl::Now();
    if (response.has_finished()) {
      const v1::LoadResult& result = response.finished();
      RETURN_IF_ERROR(call.Finish());
      return Keep(result);
    }
    listener_(response);
  }
  return call.Failure();
}

ExtractCall::Options Dispatch::CallOptions() const {
  return {.progress_deadline = options_.progress_deadline,
          .stop = options_.stop,
          .leave = options_.leave};
}

// A draw that was never recorded, and so never used, is repeated rather than followed: its number
// counts no extraction yet, whoever drew it.
absl::StatusOr<v1::ReserveRunResponse> Dispatch::Reserve() {
  v1::ReserveRunRequest request;
  *request.mutable_target() = offer_.target();
  request.set_run_id(offer_.run_id());
  request.set_draw(dispatched_.draws + 1);
  v1::ReserveRunResponse response;
  RETURN_IF_ERROR(rpc::Retry({.reached = dispatched_.fence > 0}, halt_.get_token(), [&] {
    ASSIGN_OR_RETURN(response, options_.loader->ReserveRun(request, halt_.get_token()));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::LoadResult> Dispatch::Abort(const absl::Status& failure) {
  if (dispatched_.fence == 0) return failure;
  v1::AbortLoadRequest request;
  *request.mutable_claim()->mutable_target() = offer_.target();
  request.mutable_claim()->set_run_id(offer_.run_id());
  request.mutable_claim()->set_fence(dispatched_.fence);
  request.set_cancelled(ReasonOf(failure) == Reason::kStopped);
  v1::AbortLoadResponse response;
  // Also after a stop: what the run left behind should go.
  const absl::Status aborted = rpc::Retry(kAbortPolicy, std::stop_token(), [&] {
    ASSIGN_OR_RETURN(response, options_.loader->AbortLoad(request));
    return absl::OkStatus();
  });
  if (aborted.ok()) kept_ = response.result();
  if (aborted.ok() && response.result().outcome() == v1::LOAD_OUTCOME_PUBLISHED) {
    Note(v1::SEVERITY_INFO, "the load had been published before its answer was lost");
    return response.result();
  }
  // A cancelled first load, which has no bookmark yet, was dropped.
  const bool dropped = request.cancelled() && !response.result().has_bookmark();
  if (!IsFullTable(offer_) && !dropped) durable_rows_ = response.result().rows();
  // Of an integration that was forgotten nothing is left behind.
  if (!aborted.ok() && ReasonOf(aborted) != Reason::kDestinationStateMissing) {
    Note(v1::SEVERITY_WARNING,
         absl::StrCat("what the run left behind stays until the stream's next run: ",
                      aborted.message()));
  }
  return failure;
}

void Dispatch::Note(v1::Severity severity, const std::string& text) {
  v1::ExtractResponse response;
  response.mutable_log()->set_severity(severity);
  response.mutable_log()->set_message(text);
  response.mutable_log()->set_origin(std::string(kSchedulerOrigin));
  listener_(response);
}

}  // namespace lockstitch::scheduler

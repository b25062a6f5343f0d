#include "services/scheduler/dispatch.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "failpoint/failpoint.h"
#include "rpc/progress_deadline.h"
#include "rpc/retry.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using ExtractStream = extractor::ExtractorClient::ExtractStream;

// A loader that is gone shall not keep a scheduler from shutting down.
constexpr rpc::RetryPolicy kAbortPolicy = {.attempts = 5};
constexpr rpc::RetryPolicy kAttemptPolicy = {.first = absl::Milliseconds(500),
                                             .most = absl::Seconds(15)};

absl::Status FailureOf(ExtractStream& call) {
  const absl::Status status = call.Finish();
  return status.ok()
             ? Error(Reason::kProtocolViolated, "the extractor ended a run before its result")
             : status;
}

absl::StatusOr<v1::LoadResult> Published(const v1::LoadResult& result) {
  if (result.outcome() == v1::LOAD_OUTCOME_PUBLISHED) return result;
  return Error(Reason::kRunAborted, "the run was ended at the destination");
}

// Nothing of an extraction that failed is kept for the next one.
bool IsFullTable(const v1::ExtractOffer& offer) {
  return offer.settings().method() != v1::REPLICATION_METHOD_INCREMENTAL;
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

Dispatch::Dispatch(const v1::ExtractOffer& offer, const Options& options, Listener listener)
    : offer_(offer), options_(options), listener_(std::move(listener)) {}

absl::StatusOr<v1::LoadResult> Dispatch::Run() {
  idle_since_ = absl::Now();
  absl::Status failure = Error(Reason::kStopped, "the job was stopped before the run began");
  for (int wait = 1; rpc::WaitBeforeAttempt(kAttemptPolicy, wait, options_.stop); ++wait) {
    const int64_t fence = fence_;
    const absl::StatusOr<v1::LoadResult> result = Attempt();
    const bool queued = ReasonOf(result.status()) == Reason::kSlotsExhausted;
    if (queued) {
      // Waiting for a slot is no failure: what comes after it has its whole time.
      idle_since_ = absl::Now();
    } else {
      ++attempts_;
    }
    if (result.ok()) return result;
    failure = options_.stop.stop_requested() ? Error(Reason::kStopped, "the job was stopped")
                                             : result.status();
    const RetryDecision decision =
        DecideRetry(failure, attempts_, absl::Now() - idle_since_, fence_ > 0);
    if (!decision.again) break;
    if (!queued) {
      Note(v1::SEVERITY_WARNING,
           absl::StrCat(
               "trying again: ", decision.reason, ": ", failure.message(),
               fence_ != fence && IsFullTable(offer_) ? "; the full table starts over" : ""));
    }
  }
  return Abort(failure);
}

absl::StatusOr<v1::LoadResult> Dispatch::Attempt() {
  const std::unique_ptr<ExtractStream> call = options_.extractor->Extract();
  rpc::ProgressDeadline deadline(options_.progress_deadline, [&] { call->Cancel(); });
  const std::stop_callback on_stop(options_.stop, [&] { call->Cancel(); });

  v1::ExtractRequest request;
  *request.mutable_offer() = offer_;
  call->Write(request);
  v1::ExtractResponse response;
  const auto failure_of_call = [&] {
    const absl::Status failure = FailureOf(*call);
    if (!deadline.stalled()) return failure;
    return Error(Reason::kProgressStalled,
                 absl::StrCat("the extractor reported nothing for ",
                              absl::FormatDuration(options_.progress_deadline)));
  };
  if (!call->Read(&response) || !response.has_accepted()) return failure_of_call();
  idle_since_ = absl::Now();
  listener_(response);

  ASSIGN_OR_RETURN(const v1::ReserveRunResponse reserved, Reserve());
  if (reserved.has_result()) return Published(reserved.result());
  fence_ = reserved.fence();
  Failpoint("scheduler.fence.drawn");
  request.mutable_go()->set_fence(fence_);
  call->Write(request);
  while (call->Read(&response)) {
    deadline.Touch();
    idle_since_ = absl::Now();
    if (response.has_finished()) {
      const v1::LoadResult result = response.finished();
      RETURN_IF_ERROR(call->Finish());
      return Published(result);
    }
    listener_(response);
  }
  return failure_of_call();
}

absl::StatusOr<v1::ReserveRunResponse> Dispatch::Reserve() {
  v1::ReserveRunRequest request;
  *request.mutable_target() = offer_.target();
  request.set_run_id(offer_.run_id());
  request.set_draw(++draws_);
  v1::ReserveRunResponse response;
  RETURN_IF_ERROR(rpc::Retry({.reached = fence_ > 0}, options_.stop, [&] {
    ASSIGN_OR_RETURN(response, options_.loader->ReserveRun(request, options_.stop));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::LoadResult> Dispatch::Abort(const absl::Status& failure) {
  if (fence_ == 0) return failure;
  v1::AbortLoadRequest request;
  *request.mutable_claim()->mutable_target() = offer_.target();
  request.mutable_claim()->set_run_id(offer_.run_id());
  request.mutable_claim()->set_fence(fence_);
  request.set_cancelled(options_.stop.stop_requested());
  v1::AbortLoadResponse response;
  // Also after a stop: what the run left behind should go.
  const absl::Status aborted = rpc::Retry(kAbortPolicy, std::stop_token(), [&] {
    ASSIGN_OR_RETURN(response, options_.loader->AbortLoad(request));
    return absl::OkStatus();
  });
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
  listener_(response);
}

}  // namespace lockstitch::scheduler

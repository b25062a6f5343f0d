#include "services/scheduler/extract_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// How long an extractor may take to end a run that is stopped.
constexpr absl::Duration kStopPatience = absl::Seconds(10);

}  // namespace

ExtractCall::ExtractCall(std::unique_ptr<Stream> stream, const Options& options)
    : stream_(std::move(stream)),
      limit_(options.progress_deadline),
      deadline_(limit_, [this] { stream_->Cancel(); }),
      on_stop_(options.stop, [this] { Stop(); }),
      on_leave_(options.leave, [this] { stream_->Cancel(); }) {}

void ExtractCall::Write(const v1::ExtractRequest& request) { Begin(request, /*outlives=*/false); }

void ExtractCall::Begin(const v1::ExtractRequest& request, bool outlives) {
  absl::MutexLock lock(&writing_);
  stream_->Write(request);
  outlived_ = outlives;
}

void ExtractCall::Stop() {
  absl::MutexLock lock(&writing_);
  if (!outlived_) return stream_->Cancel();
  v1::ExtractRequest request;
  request.mutable_stop();
  stream_->Write(request);
  stopping_.emplace(kStopPatience, [this] { stream_->Cancel(); });
}

bool ExtractCall::Read(v1::ExtractResponse* response) {
  if (!stream_->Read(response)) return false;
  deadline_.Touch();
  return true;
}

absl::Status ExtractCall::Failure() {
  const absl::Status status = stream_->Finish();
  if (deadline_.stalled()) {
    return Error(Reason::kProgressStalled,
                 absl::StrCat("the extractor reported nothing for ", absl::FormatDuration(limit_)));
  }
  if (!status.ok()) return status;
  return Error(Reason::kProtocolViolated, "the extractor ended a run before its result");
}

}  // namespace lockstitch::scheduler

#include "services/extractor/kept_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "status/reason.h"
#include "telemetry/call_context.h"
#include "telemetry/log.h"

namespace lockstitch::extractor {

using telemetry::LogSeverity;

absl::Status RunNotFound(const std::string& run_id, int64_t fence) {
  return Error(Reason::kRunNotFound,
               absl::StrCat("run ", run_id, " with fence ", fence, " is not known here"));
}

KeptRun::KeptRun(std::string run_id, int64_t fence, absl::Duration grace, Work work)
    : run_id_(std::move(run_id)),
      fence_(fence),
      grace_(grace),
      alone_since_(absl::Now()),
      thread_(telemetry::InContext(
          [this, work = std::move(work)]() mutable { DoWork(std::move(work)); })) {}

KeptRun::~KeptRun() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void KeptRun::DoWork(Work work) {
  absl::StatusOr<v1::LoadResult> end = work(*this, stop_.get_token());
  // What the work holds is free once its end is known.
  work = nullptr;
  absl::MutexLock lock(&mutex_);
  if (owner_ == nullptr && end.ok()) {
    telemetry::Log(LogSeverity::kInfo, "run has ended without an owner", {{"run_id", run_id_}});
  } else if (owner_ == nullptr) {
    telemetry::LogError("run failed without an owner", end.status(), {{"run_id", run_id_}});
  }
  end_ = std::move(end);
  ended_at_ = absl::Now();
  if (owner_ == nullptr) alone_since_ = *ended_at_;
}

void KeptRun::Report(const v1::ExtractResponse& response) {
  absl::MutexLock lock(&mutex_);
  Keep(response);
  if (owner_ != nullptr) owner_->Report(response);
}

void KeptRun::Keep(const v1::ExtractResponse& response) {
  if (response.has_begun()) begun_ = response;
  if (response.has_progress()) progress_ = response;
  if (response.has_snapshot_sums()) snapshot_sums_ = response;
  if (!response.has_log() || owner_ != nullptr) return;
  logs_.push_back(response);
  if (logs_.size() <= kMostLogs) return;
  logs_.pop_front();
  ++dropped_logs_;
}

void KeptRun::Replay(OwnerCall& owner) {
  for (const v1::ExtractResponse* kept : {&begun_, &progress_, &snapshot_sums_}) {
    if (kept->message_case() != v1::ExtractResponse::MESSAGE_NOT_SET) owner.Report(*kept);
  }
  if (dropped_logs_ > 0) {
    v1::ExtractResponse dropped;
    dropped.mutable_log()->set_severity(v1::SEVERITY_WARNING);
    dropped.mutable_log()->set_message(absl::StrCat(
        dropped_logs_, " lines of the run's log were dropped while nobody followed it"));
    owner.Report(dropped);
  }
  for (const v1::ExtractResponse& log : logs_) owner.Report(log);
  logs_.clear();
  dropped_logs_ = 0;
}

absl::StatusOr<v1::LoadResult> KeptRun::Follow(OwnerCall& owner) {
  const std::stop_callback on_stop(owner.stopped(), [this] { stop_.request_stop(); });
  // Who waits looks again when the lock is let go.
  const std::stop_callback on_break(owner.gone(), [this] { absl::MutexLock wake(&mutex_); });
  absl::MutexLock lock(&mutex_);
  if (expired_) return RunNotFound(run_id_, fence_);
  Replay(owner);
  const bool ended_before = end_.has_value();
  owner_ = &owner;
  const int64_t number = ++owners_;
  const auto over = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return end_ || owners_ != number || owner.gone().stop_requested();
  };
  mutex_.Await(absl::Condition(&over));
  if (owners_ != number) return Error(Reason::kSuperseded, "another owner has taken the run over");
  owner_ = nullptr;
  if (!ended_before) alone_since_ = absl::Now();
  if (end_) return *end_;
  telemetry::Log(LogSeverity::kInfo, "run goes on without its owner",
                 {{"run_id", run_id_}, {"for", absl::FormatDuration(grace_)}});
  return Error(Reason::kStopped, "the owner's call has broken; the run goes on");
}

bool KeptRun::Expire(absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    // A thread that has ended is let go long before its run.
    if (end_ && thread_.joinable()) thread_.join();
    expired_ = owner_ == nullptr && now >= alone_since_ + grace_;
    if (!expired_ || end_) return expired_;
  }
  telemetry::Log(LogSeverity::kWarning, "run is stopped: nobody has taken it over",
                 {{"run_id", run_id_}, {"within", absl::FormatDuration(grace_)}});
  stop_.request_stop();
  return true;
}

std::optional<absl::Time> KeptRun::ended_at() const {
  absl::MutexLock lock(&mutex_);
  return ended_at_;
}

}  // namespace lockstitch::extractor

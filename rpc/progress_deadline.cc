#include "rpc/progress_deadline.h"

#include <utility>

#include "absl/time/clock.h"

namespace lockstitch::rpc {

ProgressDeadline::ProgressDeadline(absl::Duration limit, std::function<void()> on_stall)
    : limit_(limit),
      on_stall_(std::move(on_stall)),
      last_ns_(absl::GetCurrentTimeNanos()),
      first_(limit, [this] { Watch(); }) {}

ProgressDeadline::~ProgressDeadline() {
  absl::MutexLock lock(&mutex_);
  done_ = true;
}

void ProgressDeadline::Touch() {
  last_ns_.store(absl::GetCurrentTimeNanos(), std::memory_order_relaxed);
}

void ProgressDeadline::Watch() {
  while (true) {
    const absl::Time due = absl::FromUnixNanos(last_ns_.load(std::memory_order_relaxed)) + limit_;
    if (due <= absl::Now()) break;
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithDeadline(absl::Condition(&done_), due)) return;
  }
  stalled_ = true;
  on_stall_();
}

}  // namespace lockstitch::rpc

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STEP_WATCH_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STEP_WATCH_H_

#include <atomic>
#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace lockstitch::scheduler {

// How long a loop that takes step after step has been at the present one. Thread-safe.
class StepWatch {
 public:
  // Another step begins; the last one has ended.
  void Begin(absl::Time now = absl::Now()) { began_ = absl::ToUnixNanos(now); }
  // The loop has ended: it is at none.
  void End() { began_ = kNone; }

  // Zero while it is at none.
  absl::Duration age(absl::Time now = absl::Now()) const {
    const int64_t began = began_;
    return began == kNone ? absl::ZeroDuration() : now - absl::FromUnixNanos(began);
  }

 private:
  static constexpr int64_t kNone = 0;
  std::atomic<int64_t> began_ = kNone;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STEP_WATCH_H_

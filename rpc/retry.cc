#include "rpc/retry.h"

#include <algorithm>
#include <cmath>

#include "absl/random/random.h"
#include "absl/synchronization/notification.h"
#include "status/reason.h"

namespace lockstitch::rpc {
bool IsOutOfReach(const absl::Status& status, bool reached) {
  if (status.code() != absl::StatusCode::kUnavailable) return false;
  const auto reason = ReasonOf(status);
  if (reason == Reason::kHostUnreachable) return reached;
  // Its server has tried long enough.
  if (reason == Reason::kDestinationTableLocked) return false;
  return !reason || InfoOf(*reason).owner == Owner::kRetried;
}

absl::Duration Backoff(const RetryPolicy& policy, int attempt, double random) {
  if (attempt <= 1) return absl::ZeroDuration();
  const absl::Duration full = std::min(policy.most, policy.first * std::pow(2.0, attempt - 2));
  return full * (1 - random / 2);
}

bool WaitBeforeAttempt(const RetryPolicy& policy, int attempt, std::stop_token stop) {
  absl::Notification stopped;
  const std::stop_callback notify(stop, [&] { stopped.Notify(); });
  absl::BitGen random;
  return !stopped.WaitForNotificationWithTimeout(
      Backoff(policy, attempt, absl::Uniform(random, 0.0, 1.0)));
}

absl::Status Retry(const RetryPolicy& policy, std::stop_token stop,
                   absl::FunctionRef<absl::Status()> call) {
  absl::Status status;
  for (int attempt = 1; attempt <= policy.attempts && WaitBeforeAttempt(policy, attempt, stop);
       ++attempt) {
    status = call();
    if (!IsOutOfReach(status, policy.reached)) return status;
  }
  return status.ok() ? Error(Reason::kStopped, "stopped before the call") : status;
}

}  // namespace lockstitch::rpc

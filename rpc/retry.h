#ifndef LOCKSTITCH_RPC_RETRY_H_
#define LOCKSTITCH_RPC_RETRY_H_

#include <stop_token>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace lockstitch::rpc {

// How often something is tried and how long one waits in between: doubling from `first` to `most`,
// each wait shortened by a random part of at most half, so that callers don't come back all at
// once.
struct RetryPolicy {
  int attempts = 10;
  absl::Duration first = absl::Milliseconds(100);
  absl::Duration most = absl::Seconds(5);
  // Whether the server has answered before: then a host that can't be reached is a passing state.
  bool reached = true;
};

// The wait before attempt `attempt`, counted from 1: none before the first. `random` is in [0, 1).
absl::Duration Backoff(const RetryPolicy& policy, int attempt, double random);

// Waits before attempt `attempt`; false at once when `stop` is requested.
bool WaitBeforeAttempt(const RetryPolicy& policy, int attempt, std::stop_token stop);

// Whether a call that failed so may succeed when it is repeated soon: a peer or server was out of
// reach. `reached` is as in RetryPolicy.
bool IsOutOfReach(const absl::Status& status, bool reached);

// Runs `call` until it answers OK, or an error other than a peer or server being out of reach, or
// the attempts or the caller's patience end; answers what the last one answered. For calls whose
// contract allows repeating.
absl::Status Retry(const RetryPolicy& policy, std::stop_token stop,
                   absl::FunctionRef<absl::Status()> call);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_RETRY_H_

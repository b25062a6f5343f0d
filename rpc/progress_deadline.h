#ifndef LOCKSTITCH_RPC_PROGRESS_DEADLINE_H_
#define LOCKSTITCH_RPC_PROGRESS_DEADLINE_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rpc/alarm.h"

namespace lockstitch::rpc {

// Notices that a long call no longer moves: unless Touch is called at least every `limit`,
// `on_stall` runs once, in a thread of this object. It must break what the call waits for.
// Destroying the object waits for a running `on_stall`.
class ProgressDeadline {
 public:
  ProgressDeadline(absl::Duration limit, std::function<void()> on_stall);
  ~ProgressDeadline();

  // Something moved. Thread-safe and cheap.
  void Touch();

  bool stalled() const { return stalled_; }

 private:
  void Watch();

  const absl::Duration limit_;
  const std::function<void()> on_stall_;
  std::atomic<int64_t> last_ns_;
  std::atomic<bool> stalled_ = false;
  absl::Mutex mutex_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  Alarm first_;  // No thread watches before it.
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_PROGRESS_DEADLINE_H_

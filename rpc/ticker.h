#ifndef LOCKSTITCH_RPC_TICKER_H_
#define LOCKSTITCH_RPC_TICKER_H_

#include <functional>

#include "absl/synchronization/mutex.h"
#include "rpc/alarm.h"

namespace lockstitch::rpc {

// Calls `tick` every second, in a thread of its own that begins with the first, from construction
// to destruction.
class Ticker {
 public:
  explicit Ticker(std::function<void()> tick);
  ~Ticker();

 private:
  void Loop();

  const std::function<void()> tick_;
  absl::Mutex mutex_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  Alarm first_;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_TICKER_H_

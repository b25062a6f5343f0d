#ifndef LOCKSTITCH_RPC_ALARM_H_
#define LOCKSTITCH_RPC_ALARM_H_

#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace lockstitch::rpc {

// Runs `ring` once, `delay` after construction, in a thread of its own that begins only then: one
// that is destroyed before, as nearly all are, costs no thread. Destruction waits for a running
// `ring`.
class Alarm {
 public:
  Alarm(absl::Duration delay, std::function<void()> ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;

 private:
  friend class AlarmClock;
  using Waiting = std::multimap<absl::Time, Alarm*>;

  const std::function<void()> ring_;
  std::optional<Waiting::iterator> place_;  // Guarded by the clock, like the next: until it rings.
  std::thread thread_;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_ALARM_H_

#ifndef LOCKSTITCH_ACCESS_CALLS_AT_ONCE_H_
#define LOCKSTITCH_ACCESS_CALLS_AT_ONCE_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace lockstitch::access {

// How many calls each principal has under way: each keeps a thread of the server. In this process
// alone. Thread-safe.
class CallsAtOnce {
 public:
  // Of 0 there is no limit.
  explicit CallsAtOnce(int most) : most_(most) {}

  // Whether another call may begin, which is to be ended then.
  bool Begin(const std::string& principal);
  void End(const std::string& principal);

 private:
  const int most_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, int> calls_ ABSL_GUARDED_BY(mutex_);  // One at least of each.
};

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_CALLS_AT_ONCE_H_

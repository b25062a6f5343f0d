#ifndef LOCKSTITCH_ACCESS_REQUEST_LIMIT_H_
#define LOCKSTITCH_ACCESS_REQUEST_LIMIT_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace lockstitch::access {

// How many requests each principal may make: a bucket each, which holds the requests of a minute
// and fills as time passes. In this process alone. Thread-safe.
class RequestLimit {
 public:
  // Of 0 there is no limit.
  explicit RequestLimit(int per_minute) : per_minute_(per_minute) {}

  // Takes a request out of the principal's bucket. Zero if it had one, else after how long it will.
  absl::Duration Take(const std::string& principal, absl::Time now);

 private:
  struct Bucket {
    double requests;
    absl::Time filled_at;
  };

  const int per_minute_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_REQUEST_LIMIT_H_

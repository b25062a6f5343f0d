#include "access/request_limit.h"

#include <algorithm>

namespace lockstitch::access {

absl::Duration RequestLimit::Take(const std::string& principal, absl::Time now) {
  if (per_minute_ == 0) return absl::ZeroDuration();
  absl::MutexLock lock(&mutex_);
  const double most = per_minute_;
  const auto [found, added] =
      buckets_.try_emplace(principal, Bucket{.requests = most, .filled_at = now});
  Bucket& bucket = found->second;
  if (now > bucket.filled_at) {
    bucket.requests =
        std::min(most, bucket.requests +
                           most * absl::FDivDuration(now - bucket.filled_at, absl::Minutes(1)));
    bucket.filled_at = now;
  }
  if (bucket.requests < 1) return (1 - bucket.requests) / most * absl::Minutes(1);
  bucket.requests -= 1;
  return absl::ZeroDuration();
}

}  // namespace lockstitch::access

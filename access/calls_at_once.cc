#include "access/calls_at_once.h"

namespace lockstitch::access {

bool CallsAtOnce::Begin(const std::string& principal) {
  absl::MutexLock lock(&mutex_);
  const auto [found, added] = calls_.try_emplace(principal, 1);
  if (added) return true;
  if (most_ > 0 && found->second >= most_) return false;
  ++found->second;
  return true;
}

void CallsAtOnce::End(const std::string& principal) {
  absl::MutexLock lock(&mutex_);
  const auto found = calls_.find(principal);
  if (--found->second == 0) calls_.erase(found);
}

}  // namespace lockstitch::access

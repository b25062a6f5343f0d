#include "services/extractor/run_registry.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "status/reason.h"

namespace lockstitch::extractor {

absl::StatusOr<std::shared_ptr<KeptRun>> RunRegistry::Begin(const std::string& run_id,
                                                            int64_t fence, absl::Duration grace,
                                                            KeptRun::Work work) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<KeptRun>& run = runs_[{run_id, fence}];
  if (run != nullptr) {
    return Error(Reason::kFenceReused,
                 absl::StrCat("run ", run_id, " has begun with fence ", fence, " already"));
  }
  run = std::make_shared<KeptRun>(run_id, fence, grace, std::move(work));
  return run;
}

absl::StatusOr<std::shared_ptr<KeptRun>> RunRegistry::Find(const std::string& run_id,
                                                           int64_t fence) {
  absl::MutexLock lock(&mutex_);
  const auto found = runs_.find({run_id, fence});
  if (found != runs_.end()) return found->second;
  return RunNotFound(run_id, fence);
}

void RunRegistry::Sweep(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(stopped_, [](const std::shared_ptr<KeptRun>& run) { return run->ended_at(); });
  std::erase_if(runs_, [&](const auto& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!entry.second->Expire(now)) return false;
    stopped_.push_back(entry.second);
    return true;
  });
  DropOldestEnds();
}

void RunRegistry::DropOldestEnds() {
  std::multimap<absl::Time, Key> ends;
  for (const auto& [key, run] : runs_) {
    if (const std::optional<absl::Time> ended_at = run->ended_at()) ends.emplace(*ended_at, key);
  }
  for (auto end = ends.begin(); ends.size() > kMostEnds; end = ends.erase(end)) {
    // One that is just being told its end goes next time.
    const auto run = runs_.find(end->second);
    if (run->second->Expire(absl::InfiniteFuture())) runs_.erase(run);
  }
}

}  // namespace lockstitch::extractor

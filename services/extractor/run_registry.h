#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_RUN_REGISTRY_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_RUN_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rpc/ticker.h"
#include "services/extractor/kept_run.h"

namespace lockstitch::extractor {

// The runs of a process that outlive their owners' calls. Once a second it looks for those that
// have been without an owner for their grace time, and for more ends than it keeps. Thread-safe.
class RunRegistry {
 public:
  // Of runs that have ended, so that memory is bounded however short they are: the latest ones. Who
  // comes for an earlier one draws anew, and is answered with what the destination has kept.
  static constexpr size_t kMostEnds = 500;

  RunRegistry() : ticker_([this] { Sweep(absl::Now()); }) {}

  // Begins a run, to be followed by its first owner. FENCE_REUSED if it has begun before.
  absl::StatusOr<std::shared_ptr<KeptRun>> Begin(const std::string& run_id, int64_t fence,
                                                 absl::Duration grace, KeptRun::Work work);

  // RUN_NOT_FOUND if there is none of that id with that fence, or none any more.
  absl::StatusOr<std::shared_ptr<KeptRun>> Find(const std::string& run_id, int64_t fence);

  void Sweep(absl::Time now);

 private:
  using Key = std::pair<std::string, int64_t>;

  void DropOldestEnds() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::map<Key, std::shared_ptr<KeptRun>> runs_ ABSL_GUARDED_BY(mutex_);
  // Those that were stopped, until they have ended.
  std::vector<std::shared_ptr<KeptRun>> stopped_ ABSL_GUARDED_BY(mutex_);
  rpc::Ticker ticker_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_RUN_REGISTRY_H_

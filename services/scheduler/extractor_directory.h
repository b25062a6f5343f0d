#ifndef LOCKSTITCH_SERVICES_SCHEDULER_EXTRACTOR_DIRECTORY_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_EXTRACTOR_DIRECTORY_H_

#include <map>
#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "rpc/channel.h"
#include "services/extractor/extractor_client.h"

namespace lockstitch::scheduler {

// Single extractors, for going on with runs that they have. Thread-safe.
class ExtractorDirectory {
 public:
  explicit ExtractorDirectory(const rpc::ConnectOptions& options = {}) : options_(options) {}

  // The extractor at that address. Those who ask at the same time share a channel, which goes with
  // the last of them.
  std::shared_ptr<const extractor::ExtractorClient> At(const std::string& address);

 private:
  const rpc::ConnectOptions options_;
  absl::Mutex mutex_;
  std::map<std::string, std::weak_ptr<const extractor::ExtractorClient>> clients_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_EXTRACTOR_DIRECTORY_H_

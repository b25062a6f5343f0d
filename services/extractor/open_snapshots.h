#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_OPEN_SNAPSHOTS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_OPEN_SNAPSHOTS_H_

#include <set>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// The snapshots that a process holds open: each keeps its source from removing rows that are dead
// since. Thread-safe.
class OpenSnapshots {
 public:
  // One of them, from construction to destruction.
  class Held {
   public:
    Held(OpenSnapshots& snapshots, absl::Time taken_at);
    ~Held();
    Held(const Held&) = delete;

   private:
    OpenSnapshots& snapshots_;
    const std::multiset<absl::Time>::iterator place_;
  };

  // `metrics` must outlive it.
  explicit OpenSnapshots(telemetry::Metrics* metrics)
      : metrics_(metrics), sampling_(metrics->Sample([this] { Report(); })) {}

  // Sets the metric of the oldest one's age; 0 where none is open.
  void Report();

 private:
  std::multiset<absl::Time>::iterator Add(absl::Time taken_at);

  telemetry::Metrics* metrics_;
  absl::Mutex mutex_;
  std::multiset<absl::Time> taken_at_ ABSL_GUARDED_BY(mutex_);
  const telemetry::Metrics::Sampling sampling_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_OPEN_SNAPSHOTS_H_

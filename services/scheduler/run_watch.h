#ifndef LOCKSTITCH_SERVICES_SCHEDULER_RUN_WATCH_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_RUN_WATCH_H_

#include <cstdint>
#include <list>
#include <set>
#include <string>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "lockstitch/v1/job.pb.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// Tells metrics of the stream runs that a process follows: how many there are, which of them no
// extractor has room for, and how long they have stood still. Thread-safe.
class RunWatch {
 private:
  struct Entry {
    std::string integration;
    bool placed = true;
    absl::Time moved_at;
    int64_t rows_extracted = 0;
    int64_t rows_loaded = 0;
  };

 public:
  // One of them, from construction to destruction.
  class Run {
   public:
    // `watch` must outlive it.
    Run(RunWatch* watch, const std::string& integration);
    ~Run();
    Run(const Run&) = delete;

    // An extractor has taken it.
    void Place();
    // All extractors are full.
    void Displace();
    // How far it is.
    void Tell(const v1::Progress& progress);

   private:
    RunWatch* watch_;
    std::list<Entry>::iterator entry_;
  };

  // `metrics` must outlive it.
  explicit RunWatch(telemetry::Metrics* metrics);

  // Sets the metrics.
  void Sample(absl::Time now);

 private:
  telemetry::Metrics* metrics_;
  absl::Mutex mutex_;
  std::list<Entry> runs_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> integrations_ ABSL_GUARDED_BY(mutex_);  // That have had a run.
  const telemetry::Metrics::Sampling sampling_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_RUN_WATCH_H_

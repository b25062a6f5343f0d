#ifndef LOCKSTITCH_TELEMETRY_PROCESS_SAMPLER_H_
#define LOCKSTITCH_TELEMETRY_PROCESS_SAMPLER_H_

#include "telemetry/metrics.h"

namespace lockstitch::telemetry {

// Looks up, in /proc, what Prometheus' client libraries tell of their process. What can't be read
// keeps its last value.
class ProcessSampler {
 public:
  // `metrics` must outlive the sampler.
  explicit ProcessSampler(Metrics* metrics);

  // By one thread at a time.
  void Sample();

 private:
  Metrics* metrics_;
  const double seconds_per_tick_;
  double processor_seconds_ = 0;  // Counted so far.
};

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_PROCESS_SAMPLER_H_

#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_PROGRESS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_PROGRESS_H_

#include <atomic>
#include <cstdint>

#include "lockstitch/v1/job.pb.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// How far an extraction is, counted by the threads of its ranges. Rows that are read again count
// again.
class ProgressCounter {
 public:
  explicit ProgressCounter(telemetry::Metrics* metrics) : metrics_(metrics) {}

  void AddExtracted(uint64_t rows, uint64_t bytes);
  void AddLoaded(uint64_t rows) { rows_loaded_ += rows; }
  v1::Progress Get() const;

 private:
  telemetry::Metrics* metrics_;
  std::atomic<uint64_t> rows_extracted_ = 0;
  std::atomic<uint64_t> bytes_extracted_ = 0;
  std::atomic<uint64_t> rows_loaded_ = 0;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_PROGRESS_H_

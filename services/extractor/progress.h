#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_PROGRESS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_PROGRESS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "lockstitch/v1/job.pb.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// How far an extraction is, counted by the threads of its ranges, for its owner and for metrics.
// Rows that are read again count again.
class ProgressCounter {
 public:
  ProgressCounter(telemetry::Metrics* metrics, const std::string& integration);
  // Ranges that wait are given up.
  ~ProgressCounter();
  ProgressCounter(const ProgressCounter&) = delete;

  void AddExtracted(uint64_t rows, uint64_t bytes);
  void AddLoaded(uint64_t rows) { rows_loaded_ += rows; }
  // A range stood still for so long because its loader took no more, or committed.
  void AddBackpressure(absl::Duration waited) { add_waited_(absl::ToDoubleSeconds(waited)); }
  v1::Progress Get() const;

  // One of the ranges that wait, while it is sent. Where it ends unfinished it waits again.
  class SentRange {
   public:
    explicit SentRange(ProgressCounter& progress);
    ~SentRange();
    SentRange(const SentRange&) = delete;
    // It is durable.
    void Finish();

   private:
    ProgressCounter& progress_;
    const absl::Time begun_at_;
    bool finished_ = false;
  };
  // So many ranges wait to be sent.
  void QueueRanges(size_t ranges);

 private:
  telemetry::Metrics* const metrics_;
  const telemetry::Metrics::Adder add_rows_;
  const telemetry::Metrics::Adder add_bytes_;
  const telemetry::Metrics::Adder add_waited_;
  std::atomic<int64_t> waiting_ranges_ = 0;
  std::atomic<uint64_t> rows_extracted_ = 0;
  std::atomic<uint64_t> bytes_extracted_ = 0;
  std::atomic<uint64_t> rows_loaded_ = 0;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_PROGRESS_H_

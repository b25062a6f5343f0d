#include "services/extractor/progress.h"

#include "absl/time/clock.h"

namespace lockstitch::extractor {

using telemetry::Metric;

ProgressCounter::ProgressCounter(telemetry::Metrics* metrics, const std::string& integration)
    : metrics_(metrics),
      add_rows_(metrics->AdderOf(Metric::kExtractorRows, {integration})),
      add_bytes_(metrics->AdderOf(Metric::kExtractorBytes, {integration})),
      add_waited_(metrics->AdderOf(Metric::kExtractorBackpressureSeconds, {})) {}

ProgressCounter::~ProgressCounter() {
  metrics_->Change(Metric::kExtractorRanges, {"queued"}, -static_cast<double>(waiting_ranges_));
}

void ProgressCounter::AddExtracted(uint64_t rows, uint64_t bytes) {
  rows_extracted_ += rows;
  bytes_extracted_ += bytes;
  add_rows_(static_cast<double>(rows));
  add_bytes_(static_cast<double>(bytes));
}

v1::Progress ProgressCounter::Get() const {
  v1::Progress progress;
  progress.set_rows_extracted(static_cast<int64_t>(rows_extracted_));
  progress.set_bytes_extracted(static_cast<int64_t>(bytes_extracted_));
  progress.set_rows_loaded(static_cast<int64_t>(rows_loaded_));
  return progress;
}

void ProgressCounter::QueueRanges(size_t ranges) {
  waiting_ranges_ += static_cast<int64_t>(ranges);
  metrics_->Change(Metric::kExtractorRanges, {"queued"}, static_cast<double>(ranges));
}

ProgressCounter::SentRange::SentRange(ProgressCounter& progress)
    : progress_(progress), begun_at_(absl::Now()) {
  --progress_.waiting_ranges_;
  progress_.metrics_->Change(Metric::kExtractorRanges, {"queued"}, -1);
  progress_.metrics_->Change(Metric::kExtractorRanges, {"sending"}, 1);
}

ProgressCounter::SentRange::~SentRange() {
  progress_.metrics_->Change(Metric::kExtractorRanges, {"sending"}, -1);
  if (!finished_) progress_.QueueRanges(1);
}

void ProgressCounter::SentRange::Finish() {
  finished_ = true;
  progress_.metrics_->Add(Metric::kExtractorRangesSent, {}, 1);
  progress_.metrics_->Observe(Metric::kExtractorRangeSeconds, {},
                              absl::ToDoubleSeconds(absl::Now() - begun_at_));
}

}  // namespace lockstitch::extractor

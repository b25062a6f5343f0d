#include "services/extractor/progress.h"

namespace lockstitch::extractor {

using telemetry::Metric;

void ProgressCounter::AddExtracted(uint64_t rows, uint64_t bytes) {
  rows_extracted_ += rows;
  bytes_extracted_ += bytes;
  metrics_->Add(Metric::kExtractorRows, {}, static_cast<double>(rows));
  metrics_->Add(Metric::kExtractorBytes, {}, static_cast<double>(bytes));
}

v1::Progress ProgressCounter::Get() const {
  v1::Progress progress;
  progress.set_rows_extracted(static_cast<int64_t>(rows_extracted_));
  progress.set_bytes_extracted(static_cast<int64_t>(bytes_extracted_));
  progress.set_rows_loaded(static_cast<int64_t>(rows_loaded_));
  return progress;
}

}  // namespace lockstitch::extractor

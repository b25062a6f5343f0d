#include "services/extractor/open_snapshots.h"

#include "absl/time/clock.h"

namespace lockstitch::extractor {

OpenSnapshots::Held::Held(OpenSnapshots& snapshots, absl::Time taken_at)
    : snapshots_(snapshots), place_(snapshots.Add(taken_at)) {}

OpenSnapshots::Held::~Held() {
  absl::MutexLock lock(&snapshots_.mutex_);
  snapshots_.taken_at_.erase(place_);
}

void OpenSnapshots::Report() {
  absl::MutexLock lock(&mutex_);
  const absl::Duration age =
      taken_at_.empty() ? absl::ZeroDuration() : absl::Now() - *taken_at_.begin();
  metrics_->Set(telemetry::Metric::kExtractorOldestSnapshotSeconds, {}, absl::ToDoubleSeconds(age));
}

std::multiset<absl::Time>::iterator OpenSnapshots::Add(absl::Time taken_at) {
  absl::MutexLock lock(&mutex_);
  return taken_at_.insert(taken_at);
}

}  // namespace lockstitch::extractor

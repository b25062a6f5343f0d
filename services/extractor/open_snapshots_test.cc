#include "services/extractor/open_snapshots.h"

#include <optional>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace lockstitch::extractor {
namespace {

// Keeps the last value set.
class LastValue final : public telemetry::NoMetrics {
 public:
  void Set(telemetry::Metric metric, const Labels&, double value) override {
    EXPECT_EQ(metric, telemetry::Metric::kExtractorOldestSnapshotSeconds);
    seconds = value;
  }

  double seconds = -1;
};

TEST(OpenSnapshotsTest, TheOldestCounts) {
  LastValue metrics;
  OpenSnapshots snapshots(&metrics);
  snapshots.Report();
  EXPECT_EQ(metrics.seconds, 0);
  std::optional<OpenSnapshots::Held> old(std::in_place, snapshots, absl::Now() - absl::Hours(2));
  const OpenSnapshots::Held young(snapshots, absl::Now() - absl::Hours(1));
  snapshots.Report();
  EXPECT_GE(metrics.seconds, 7200);
  old.reset();
  snapshots.Report();
  EXPECT_GE(metrics.seconds, 3600);
  EXPECT_LT(metrics.seconds, 7200);
}

}  // namespace
}  // namespace lockstitch::extractor

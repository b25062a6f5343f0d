#include "services/extractor/progress.h"

#include <map>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::extractor {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// Ranges by their state.
class Ranges final : public telemetry::NoMetrics {
 public:
  void Change(telemetry::Metric metric, const Labels& labels, double by) override {
    EXPECT_EQ(metric, telemetry::Metric::kExtractorRanges);
    count[labels.at(0)] += by;
  }

  std::map<std::string, double> count;
};

TEST(ProgressTest, ARangeWaitsAgainWhereItsSessionIsLost) {
  Ranges ranges;
  const auto expect = [&](double queued, double sending) {
    EXPECT_THAT(ranges.count,
                UnorderedElementsAre(Pair("queued", queued), Pair("sending", sending)));
  };
  {
    ProgressCounter progress(&ranges, "shop");
    progress.QueueRanges(3);
    std::optional<ProgressCounter::SentRange> lost(progress), other(progress);
    expect(1, 2);
    lost.reset();
    expect(2, 1);
    other->Finish();
    other.reset();
    expect(2, 0);
    ProgressCounter::SentRange(progress).Finish();
    expect(1, 0);
    const ProgressCounter::SentRange anew(progress);
    expect(0, 1);
  }
  // The run has failed.
  expect(0, 0);
}

}  // namespace
}  // namespace lockstitch::extractor

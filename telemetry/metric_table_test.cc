#include "telemetry/metric_table.h"

#include "gtest/gtest.h"

namespace lockstitch::telemetry {
namespace {

TEST(MetricTableTest, EveryMetricStandsAtItsPlace) {
  int place = 0;
  for (const MetricInfo& info : AllMetrics())
    EXPECT_EQ(static_cast<int>(info.metric), place++) << info.name;
}

}  // namespace
}  // namespace lockstitch::telemetry

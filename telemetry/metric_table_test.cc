#include "telemetry/metric_table.h"

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace lockstitch::telemetry {
namespace {

TEST(MetricTableTest, EveryMetricStandsAtItsPlace) {
  int place = 0;
  for (const MetricInfo& info : AllMetrics())
    EXPECT_EQ(static_cast<int>(info.metric), place++) << info.name;
}

TEST(MetricTableTest, TheDocumentedPageIsTheOneMadeFromTheTable) {
  std::ifstream file("docs/metrics.md");
  std::stringstream documented;
  documented << file.rdbuf();
  EXPECT_EQ(documented.str(), MetricsPage())
      << "bazel run //telemetry:print_metrics_page > docs/metrics.md";
}

}  // namespace
}  // namespace lockstitch::telemetry

#include "telemetry/metrics_page.h"

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace lockstitch::telemetry {
namespace {

TEST(MetricsPageTest, TheDocumentedPageIsTheOneMadeFromTheTable) {
  std::ifstream file("docs/metrics.md");
  std::stringstream documented;
  documented << file.rdbuf();
  EXPECT_EQ(documented.str(), MetricsPage())
      << "bazel run //telemetry:print_metrics_page > docs/metrics.md";
}

}  // namespace
}  // namespace lockstitch::telemetry

#include "tests/observability/expression.h"

#include "gmock/gmock.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ExpressionTest, SelectorsAreMetricsWithTheirMatchers) {
  EXPECT_THAT(
      Selectors(R"(sum by (a, b) (rate(x_total{s="}", t=~"u|v"}[5m])) / on (a) group_left y)"),
      ElementsAre(R"(x_total{s="}", t=~"u|v"})", "y"));
  EXPECT_THAT(Selectors("histogram_quantile(0.99, sum by (le) (increase(h_bucket[1h])))"),
              ElementsAre("h_bucket"));
  EXPECT_THAT(Selectors("time() - (max(ns:x:seconds) > 0) and y offset 5m == bool 1 or vector(0)"),
              ElementsAre("ns:x:seconds", "y"));
  EXPECT_THAT(Selectors("14.4 * 0.01"), IsEmpty());
}

TEST(ExpressionTest, GroupingLabelsAreThoseThatSeriesMustHave) {
  EXPECT_THAT(GroupingLabels("sum by (a, b) (x) / on(c) group_left(d) max without (e) (y)"),
              ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(GroupingLabels("x"), IsEmpty());
}

TEST(ExpressionTest, FiltersBecomeValues) {
  EXPECT_EQ(WithoutFilters(R"(x{a!="b", c=~"d>e"} > 5 and y == bool 1)"),
            R"(x{a!="b", c=~"d>e"} > bool 5 and y == bool 1)");
  EXPECT_EQ(WithoutFilters("absent(up)"), "group(up)");
}

TEST(ExpressionTest, TemplatesNameLabels) {
  EXPECT_THAT(TemplateLabels("{{grpc_code}} at {{ $labels.job }}: {{ $value | humanize }}"),
              ElementsAre("grpc_code", "job"));
}

}  // namespace
}  // namespace lockstitch::tests

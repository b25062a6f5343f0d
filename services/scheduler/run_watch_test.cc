#include "services/scheduler/run_watch.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::Metric;

// Keeps the last values set.
class LastValues final : public telemetry::NoMetrics {
 public:
  void Set(Metric metric, const Labels& labels, double value) override {
    values_[{metric, absl::StrJoin(labels, ",")}] = value;
  }
  double Of(Metric metric, const std::string& label) const {
    const auto found = values_.find({metric, label});
    return found == values_.end() ? -1 : found->second;
  }

 private:
  std::map<std::pair<Metric, std::string>, double> values_;
};

class RunWatchTest : public ::testing::Test {
 protected:
  // What is told a number of hours from now.
  double Stalled(const std::string& integration, int hours) {
    watch_.Sample(absl::Now() + absl::Hours(hours));
    return metrics_.Of(Metric::kSchedulerStreamRunStalledSeconds, integration) / 3600;
  }
  double Runs(const std::string& state) {
    watch_.Sample(absl::Now());
    return metrics_.Of(Metric::kSchedulerQueueStreamRuns, state);
  }

  LastValues metrics_;
  RunWatch watch_{&metrics_};
};

TEST_F(RunWatchTest, TheRunThatHasStoodStillLongestCounts) {
  std::optional<RunWatch::Run> moves(std::in_place, &watch_, "a");
  EXPECT_NEAR(Stalled("a", 1), 1, 0.1);
  EXPECT_LT(Stalled("b", 1), 0);  // It isn't told.
  const RunWatch::Run other(&watch_, "b");
  EXPECT_NEAR(Stalled("b", 2), 2, 0.1);
  moves.reset();
  EXPECT_EQ(Stalled("a", 1), 0);
}

TEST_F(RunWatchTest, OnlyRowsAreMovement) {
  RunWatch::Run run(&watch_, "a");
  v1::Progress progress;
  progress.set_rows_extracted(1);
  run.Tell(progress);
  const absl::Time moved = absl::Now();
  run.Tell(progress);
  watch_.Sample(moved + absl::Seconds(100));
  EXPECT_GE(metrics_.Of(Metric::kSchedulerStreamRunStalledSeconds, "a"), 100);
}

TEST_F(RunWatchTest, ARunWithoutASlotDoesNotStandStill) {
  RunWatch::Run run(&watch_, "a");
  EXPECT_EQ(Runs("running"), 1);
  run.Displace();
  EXPECT_EQ(Runs("running"), 0);
  EXPECT_EQ(Runs("unplaced"), 1);
  EXPECT_EQ(Stalled("a", 1), 0);
  run.Place();
  EXPECT_EQ(Runs("unplaced"), 0);
  EXPECT_NEAR(Stalled("a", 1), 1, 0.1);
}

}  // namespace
}  // namespace lockstitch::scheduler

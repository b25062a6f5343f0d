#include "services/scheduler/integration_metrics.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::Metric;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // A Tuesday, 22:13:20 UTC.

// Keeps the gauges.
class Gauges final : public telemetry::NoMetrics {
 public:
  void Set(Metric metric, const Labels& labels, double value) override {
    values_[metric][absl::StrJoin(labels, ",")] = value;
  }
  void StartAtZero(Metric metric, const Labels& labels) override { Set(metric, labels, 0); }
  void Clear(Metric metric) override { values_.erase(metric); }
  // -1 where it isn't there.
  double Of(Metric metric, const std::string& label) const {
    const auto found = values_.find(metric);
    if (found == values_.end() || found->second.count(label) == 0) return -1;
    return found->second.at(label);
  }

 private:
  std::map<Metric, std::map<std::string, double>> values_;
};

IntegrationStanding Hourly(const std::string& name) {
  IntegrationStanding standing = {.name = name, .schedule_changed_at = kNow};
  standing.schedule.mutable_every()->set_seconds(3600);
  return standing;
}

TEST(SuccessDueTest, TwoPeriodsAfterTheLastSuccess) {
  IntegrationStanding standing = Hourly("a");
  EXPECT_EQ(SuccessDue(standing), kNow + absl::Hours(2));
  standing.last_success = kNow + absl::Hours(5);
  EXPECT_EQ(SuccessDue(standing), kNow + absl::Hours(7));
  standing.schedule_changed_at = kNow + absl::Hours(10);
  EXPECT_EQ(SuccessDue(standing), kNow + absl::Hours(12));
}

TEST(SuccessDueTest, NightsAndWeekendsAreNoFailure) {
  IntegrationStanding standing = {.name = "a", .schedule_changed_at = kNow};
  standing.schedule.set_cron("0 0 9 ? * MON,TUE");
  // After Tuesday evening there is nothing before Monday and Tuesday.
  EXPECT_EQ(SuccessDue(standing),
            absl::FromCivil(absl::CivilHour(2023, 11, 21, 9), absl::UTCTimeZone()));
  EXPECT_EQ(SchedulePeriod(standing, kNow), absl::Hours(24));
}

TEST(SuccessDueTest, WithoutSlotsNothingIsDue) {
  IntegrationStanding paused = Hourly("a");
  paused.paused = true;
  IntegrationStanding manual = {.name = "b", .schedule_changed_at = kNow};
  manual.schedule.set_manual(true);
  for (const IntegrationStanding& standing : {paused, manual}) {
    EXPECT_EQ(SuccessDue(standing), absl::UnixEpoch());
    EXPECT_EQ(SchedulePeriod(standing, kNow), absl::ZeroDuration());
  }
}

TEST(IntegrationMetricsTest, TellsHowEachIntegrationStands) {
  Gauges gauges;
  IntegrationMetrics metrics(&gauges);
  IntegrationStanding a = Hourly("a");
  a.last_success = kNow;
  a.failing_streams = 3;
  metrics.Tell({a, Hourly("b")}, {.pending = 2, .running = 1, .oldest_pending = kNow},
               kNow + absl::Seconds(30));
  EXPECT_EQ(gauges.Of(Metric::kSchedulerLastSuccess, "a"), 1'700'000'000);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerSuccessDue, "a"), 1'700'007'200);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerFailingStreams, "a"), 3);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerSchedulePeriod, "a"), 3600);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerLastSuccess, "b"), 0);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerQueueJobs, "pending"), 2);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerQueueOldestSeconds, ""), 30);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerSchemaChanges, "b,column_added"), 0);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerStreamRuns, "b,failed,system"), 0);
}

TEST(IntegrationMetricsTest, WhatIsDeletedIsToldNoMore) {
  Gauges gauges;
  IntegrationMetrics metrics(&gauges);
  metrics.Tell({Hourly("a"), Hourly("b")}, {}, kNow);
  metrics.Tell({Hourly("b")}, {}, kNow);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerSchedulePeriod, "a"), -1);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerSchedulePeriod, "b"), 3600);
}

TEST(IntegrationMetricsTest, WhoLeadsNoMoreTellsNothing) {
  Gauges gauges;
  {
    IntegrationMetrics metrics(&gauges);
    metrics.Tell({Hourly("a")}, {.pending = 2, .oldest_pending = kNow}, kNow + absl::Hours(1));
  }
  EXPECT_EQ(gauges.Of(Metric::kSchedulerSuccessDue, "a"), -1);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerQueueJobs, "pending"), 0);
  EXPECT_EQ(gauges.Of(Metric::kSchedulerQueueOldestSeconds, ""), 0);
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "telemetry/prometheus_metrics.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/child_process.h"

namespace lockstitch::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PrometheusMetricsTest : public ::testing::Test {
 protected:
  PrometheusMetricsTest() : PrometheusMetricsTest("") {}
  explicit PrometheusMetricsTest(const std::string& service) {
    auto metrics = PrometheusMetrics::Serve("127.0.0.1:0", service);
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    metrics_ = *std::move(metrics);
  }

  std::string Page() const {
    const std::string url = absl::StrCat("http://127.0.0.1:", metrics_->port(), "/metrics");
    return testing::RunCommand({.command = {"curl", "--silent", "--fail", url}}).out;
  }

  std::unique_ptr<PrometheusMetrics> metrics_;
};

class LoaderMetricsTest : public PrometheusMetricsTest {
 protected:
  LoaderMetricsTest() : PrometheusMetricsTest("loader") {}
};

std::string NameOf(int integration) { return absl::StrCat("i", integration); }

TEST_F(LoaderMetricsTest, WhatIsKnownBeforehandIsThereFromTheStart) {
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("lockstitch_loader_chunks_total 0\n"));
  EXPECT_THAT(page, HasSubstr("lockstitch_loader_loads_total{outcome=\"aborted\"} 0\n"));
  EXPECT_THAT(page,
              HasSubstr("lockstitch_errors_total{fault=\"user\",reason=\"DESTINATION_FULL\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("lockstitch_build_info{service=\"loader\",version=\""));
}

TEST_F(LoaderMetricsTest, MetricsOfOtherServicesAreNotThere) {
  EXPECT_THAT(Page(), Not(HasSubstr("lockstitch_extractor")));
  EXPECT_THAT(Page(), Not(HasSubstr("lockstitch_scheduler")));
}

TEST_F(PrometheusMetricsTest, OfTheProcessThereIsWhatIsUsual) {
  const std::string page = Page();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_start_time_seconds",
                           "process_threads", "lockstitch_process_memory_limit_bytes"}) {
    const size_t at = page.find(absl::StrCat("\n", name, " "));
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(std::stod(page.substr(at + 2 + std::string(name).size())), 0) << name;
  }
}

TEST_F(PrometheusMetricsTest, IntegrationsPastTheCapAreCountedTogether) {
  for (int i = 0; i < static_cast<int>(kMostIntegrations) + 3; ++i) {
    metrics_->Add(Metric::kLoaderRows, {NameOf(i)}, 10);
    metrics_->AdderOf(Metric::kLoaderBytes, {NameOf(i)})(5);
    metrics_->Set(Metric::kSchedulerFailingStreams, {NameOf(i)}, 7);
  }
  metrics_->Add(Metric::kLoaderRows, {NameOf(0)}, 1);
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("lockstitch_loader_rows_total{integration=\"i0\"} 11\n"));
  EXPECT_THAT(page, HasSubstr("lockstitch_loader_rows_total{integration=\"i199\"} 10\n"));
  EXPECT_THAT(page, HasSubstr("lockstitch_loader_rows_total{integration=\"other\"} 30\n"));
  EXPECT_THAT(page, Not(HasSubstr("integration=\"i200\"")));
  EXPECT_THAT(page, HasSubstr("lockstitch_loader_bytes_total{integration=\"other\"} 15\n"));
  // The last value of one of them would say nothing of the others.
  EXPECT_THAT(page, HasSubstr("lockstitch_scheduler_failing_streams{integration=\"i199\"} 7\n"));
  EXPECT_THAT(page, Not(HasSubstr("failing_streams{integration=\"other\"")));
}

TEST_F(PrometheusMetricsTest, AnIntegrationStartsWithEveryKnownSeries) {
  metrics_->StartIntegrationAtZero(Metric::kSchedulerJobs, "shop");
  metrics_->StartIntegrationAtZero(Metric::kSchedulerScheduleMissed, "shop");
  const std::string page = Page();
  for (const char* state : {"succeeded", "failed", "cancelled"}) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat(
                          "lockstitch_scheduler_jobs_total{integration=\"shop\",state=\"", state,
                          "\"} 0\n")));
  }
  EXPECT_THAT(page,
              HasSubstr("lockstitch_scheduler_schedule_missed_total{integration=\"shop\"} 0"));
}

TEST_F(PrometheusMetricsTest, SamplesAreTakenWhileTheyAreWanted) {
  int looked = 0;
  Metrics::Sampling sampling =
      metrics_->Sample([&] { metrics_->Set(Metric::kExtractorIdleSeconds, {}, ++looked); });
  EXPECT_THAT(Page(), HasSubstr("lockstitch_extractor_idle_seconds 1\n"));
  EXPECT_THAT(Page(), HasSubstr("lockstitch_extractor_idle_seconds 2\n"));
  sampling = nullptr;
  EXPECT_THAT(Page(), HasSubstr("lockstitch_extractor_idle_seconds 2\n"));
}

TEST_F(PrometheusMetricsTest, AClearedGaugeIsGoneUntilItIsSetAgain) {
  metrics_->Set(Metric::kSchedulerFailingStreams, {"shop"}, 3);
  metrics_->Clear(Metric::kSchedulerFailingStreams);
  EXPECT_THAT(Page(), Not(HasSubstr("lockstitch_scheduler_failing_streams")));
  metrics_->Set(Metric::kSchedulerFailingStreams, {"shop"}, 2);
  EXPECT_THAT(Page(), HasSubstr("lockstitch_scheduler_failing_streams{integration=\"shop\"} 2\n"));
}

TEST_F(PrometheusMetricsTest, BucketsAreTheMetrics) {
  metrics_->Observe(Metric::kSchedulerJobSeconds, {"failed"}, 7000);
  EXPECT_THAT(Page(), HasSubstr("lockstitch_scheduler_job_seconds_bucket{state=\"failed\","
                                "le=\"3600\"} 0\n"));
  EXPECT_THAT(Page(), HasSubstr("lockstitch_scheduler_job_seconds_bucket{state=\"failed\","
                                "le=\"7200\"} 1\n"));
}

}  // namespace
}  // namespace lockstitch::telemetry

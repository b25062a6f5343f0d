// What Prometheus finds at the services of a catalog whose jobs have succeeded and failed.

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using testing::RunCommand;

class MetricsTest : public ControlPlaneTest {
 protected:
  // One job of each that has ended.
  void SetUp() override {
    MakeTable(123);
    StartServices();
    scheduler_ = StartLeader();
    Keep(Settings("good"));
    v1::Integration bad = Settings("bad");
    bad.mutable_streams(0)->set_stream("public.missing");
    Keep(bad);
    AwaitJob("good", v1::JOB_STATE_SUCCEEDED);
    AwaitJob("bad", v1::JOB_STATE_FAILED);
  }

  static std::string Page(const ServiceProcess& service) {
    return RunCommand({.command = {"curl", "--silent", "--fail", service.metrics_url()}}).out;
  }

  // The value of a series, once it is `wanted`: some are told of at the leader's next look.
  static double Await(const ServiceProcess& service, const std::string& series, double wanted) {
    double value = -1;
    do {
      const std::string page = Page(service);
      const size_t at = page.find(absl::StrCat("\n", series, " "));
      if (page.empty()) return -1;
      if (at != std::string::npos) value = std::atof(page.c_str() + at + series.size() + 2);
    } while (value != wanted);
    return value;
  }

  std::unique_ptr<ServiceProcess> scheduler_;
};

TEST_F(MetricsTest, PromtoolFindsNothingToSay) {
  for (const ServiceProcess* service :
       {loader_.get(), discovery_.get(), extractor_.get(), scheduler_.get()}) {
    const auto checked =
        RunCommand({.command = {"bash", "-o", "pipefail", "-c",
                                absl::StrCat("curl --silent --fail ", service->metrics_url(),
                                             " | promtool check metrics")}});
    EXPECT_EQ(checked.status, 0) << service->metrics_url();
    EXPECT_EQ(checked.out + checked.err, "");
  }
}

TEST_F(MetricsTest, TheLeaderTellsHowIntegrationsStand) {
  const auto of = [](const char* metric, const char* integration) {
    return absl::StrCat("lockstitch_scheduler_", metric, "{integration=\"", integration, "\"}");
  };
  EXPECT_EQ(Await(*scheduler_, of("failing_streams", "bad"), 1), 1);
  EXPECT_EQ(Await(*scheduler_, of("failing_streams", "good"), 0), 0);
  EXPECT_EQ(Await(*scheduler_, of("last_success_timestamp_seconds", "bad"), 0), 0);
  EXPECT_EQ(Await(*scheduler_, of("schedule_period_seconds", "good"), 3600), 3600);
  EXPECT_EQ(Await(*scheduler_, of("schedule_started_total", "good"), 1), 1);
  EXPECT_EQ(Await(*scheduler_, of("schedule_missed_total", "good"), 0), 0);
  EXPECT_EQ(Await(*scheduler_, "lockstitch_scheduler_queue_jobs{state=\"running\"}", 0), 0);
  const std::string page = Page(*scheduler_);
  EXPECT_THAT(
      page,
      HasSubstr("lockstitch_scheduler_jobs_total{integration=\"good\",state=\"succeeded\"} 1"));
  EXPECT_THAT(
      page, HasSubstr("lockstitch_scheduler_jobs_total{integration=\"good\",state=\"failed\"} 0"));
  EXPECT_THAT(page, HasSubstr("lockstitch_scheduler_stream_runs_total{fault=\"user\","
                              "integration=\"bad\",state=\"failed\"} 1"));
  EXPECT_THAT(page,
              HasSubstr("lockstitch_errors_total{fault=\"user\",reason=\"STREAM_NOT_FOUND\"} 1"));
  EXPECT_THAT(page, HasSubstr("lockstitch_scheduler_schema_changes_total{integration=\"good\","
                              "kind=\"column_added\"} 0"));
  EXPECT_THAT(page, HasSubstr("grpc_client_handled_total{grpc_code=\"OK\",grpc_method=\"Extract\","
                              "grpc_service=\"lockstitch.v1.ExtractorService\","
                              "grpc_type=\"bidi_stream\"} 1"));
}

TEST_F(MetricsTest, ExtractorAndLoaderTellWhatTheyMoved) {
  const std::string extractor = Page(*extractor_), loader = Page(*loader_);
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_rows_total{integration=\"good\"} 123"));
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_ranges_sent_total 2"));
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_ranges{state=\"queued\"} 0"));
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_ranges{state=\"sending\"} 0"));
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_range_seconds_count 2"));
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_slots_in_use 0"));
  EXPECT_THAT(extractor, HasSubstr("lockstitch_extractor_slots_limit 8"));
  EXPECT_THAT(loader, HasSubstr("lockstitch_loader_rows_total{integration=\"good\"} 123"));
  EXPECT_THAT(loader, HasSubstr("grpc_server_started_total{grpc_method=\"Sweep\","
                                "grpc_service=\"lockstitch.v1.LoaderService\","
                                "grpc_type=\"unary\"} 0"));
  EXPECT_THAT(loader, HasSubstr("grpc_server_calls_in_flight{grpc_method=\"Load\","
                                "grpc_service=\"lockstitch.v1.LoaderService\","
                                "grpc_type=\"bidi_stream\"} 0"));
}

}  // namespace
}  // namespace lockstitch::tests

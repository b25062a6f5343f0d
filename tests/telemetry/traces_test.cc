// One job is one trace, through the logs of every service that works for it.

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "telemetry/call_context.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

// Whether the calls of a service are in its log is a matter of its severity.
class TracesTest : public ControlPlaneTest {
 protected:
  TracesTest() { setenv("LOCKSTITCH_LOG_LEVEL", "debug", /*overwrite=*/1); }
  ~TracesTest() override { unsetenv("LOCKSTITCH_LOG_LEVEL"); }
};

// The values of `field` in the lines in which `key` has the value `wanted`; empty strings where it
// is missing.
std::set<std::string> ValuesWhere(const ServiceProcess& service, const std::string& key,
                                  const std::string& wanted, const std::string& field) {
  std::set<std::string> values;
  std::stringstream lines(const_cast<ServiceProcess&>(service).process().stderr_text());
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || json.value(key, "") != wanted) continue;
    values.insert(json.value(field, ""));
  }
  return values;
}

std::set<std::string> ValuesOf(const ServiceProcess& service, const std::string& job_id,
                               const std::string& field) {
  return ValuesWhere(service, "job_id", job_id, field);
}

TEST_F(TracesTest, OneJobIsOneTraceInEveryLog) {
  MakeTable(10);
  StartServices();
  const auto scheduler = StartLeader();
  Keep(Settings("shop"));
  const std::string job_id = AwaitJob("shop", v1::JOB_STATE_SUCCEEDED).job.job_id();
  for (const ServiceProcess* service :
       {scheduler.get(), discovery_.get(), extractor_.get(), loader_.get()}) {
    EXPECT_THAT(ValuesOf(*service, job_id, "integration"), ElementsAre("shop"));
    EXPECT_THAT(ValuesOf(*service, job_id, "trace_id"), Contains(job_id));
  }
  EXPECT_THAT(ValuesOf(*extractor_, job_id, "stream"), ElementsAre("public.t"));
  EXPECT_THAT(ValuesOf(*loader_, job_id, "stream"), Contains("public.t"));
  EXPECT_EQ(ValuesOf(*extractor_, job_id, "run_id").size(), 1);
  EXPECT_THAT(ValuesOf(*loader_, job_id, "run_id"),
              IsSupersetOf(ValuesOf(*extractor_, job_id, "run_id")));
  EXPECT_THAT(
      ValuesOf(*loader_, job_id, "method"),
      IsSupersetOf({"/lockstitch.v1.LoaderService/BeginLoad", "/lockstitch.v1.LoaderService/Load",
                    "/lockstitch.v1.LoaderService/FinishLoad"}));
}

TEST_F(TracesTest, AFailureIsToldWithTheJobItIsOf) {
  MakeTable(10);
  destination_->Run("CREATE SCHEMA shop CREATE TABLE t (id int)");
  StartServices();
  const auto scheduler = StartLeader();
  Keep(Settings("shop"));
  const std::string job_id = AwaitJob("shop", v1::JOB_STATE_FAILED).job.job_id();
  EXPECT_THAT(ValuesWhere(*loader_, "message", "call failed", "job_id"), Contains(job_id));
  EXPECT_THAT(ValuesWhere(*extractor_, "message", "call ended", "job_id"), ElementsAre(job_id));
  EXPECT_THAT(ValuesWhere(*extractor_, "message", "call ended", "trace_id"), ElementsAre(job_id));
}

TEST_F(TracesTest, ACallersTraceIsThatOfItsJob) {
  constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
  MakeTable(10);
  StartServices();
  const auto scheduler = StartScheduler();
  JobOutcome outcome;
  {
    const telemetry::ContextScope scope({.trace_id = kTrace});
    outcome = RunJobAt(scheduler->address(), Settings("shop"));
  }
  ExpectSucceeded(outcome);
  for (const ServiceProcess* service :
       {scheduler.get(), discovery_.get(), extractor_.get(), loader_.get()}) {
    EXPECT_THAT(ValuesOf(*service, outcome.job.job_id(), "trace_id"), ElementsAre(kTrace));
    EXPECT_THAT(ValuesWhere(*service, "trace_id", kTrace, "integration"), Contains("shop"));
  }
  // Without a caller's trace each call has one of its own.
  EXPECT_EQ(ValuesWhere(*loader_, "trace_id", "", "method"), std::set<std::string>({""}));
}

}  // namespace
}  // namespace lockstitch::tests

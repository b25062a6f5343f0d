// One job is one trace, through the logs of every service that works for it.

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
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

// The values of `field` in the lines of a job; empty strings where it is missing.
std::set<std::string> ValuesOf(const ServiceProcess& service, const std::string& job_id,
                               const std::string& field) {
  std::set<std::string> values;
  std::stringstream lines(const_cast<ServiceProcess&>(service).process().stderr_text());
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || json.value("job_id", "") != job_id) continue;
    values.insert(json.value(field, ""));
  }
  return values;
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

}  // namespace
}  // namespace lockstitch::tests

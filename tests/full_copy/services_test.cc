// What every service has: help, health, reflection, metrics, JSON logs, and loopback only.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using testing::RunCommand;

class ServicesTest : public ClustersTest {};

std::string Metrics(const ServiceProcess& service) {
  return RunCommand({.command = {"curl", "--silent", "--fail", service.metrics_url()}}).out;
}

// Calls a unary or server-streaming method with raw bytes, as any foreign client could.
grpc::Status CallRaw(const std::string& address, const std::string& method,
                     const std::string& request, std::string* response) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  const grpc::Slice slice(request);
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ByteBuffer answer;
  grpc::Status status;
  const auto call = stub.PrepareUnaryCall(&context, method, bytes, &queue);
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice whole;
  if (status.ok() && answer.DumpToSingleSlice(&whole).ok()) {
    response->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
  }
  return status;
}

TEST_F(ServicesTest, HelpNamesEveryFlagAndItsVariable) {
  for (const char* service :
       {"discovery/discovery", "extractor/extractor_with_failpoints",
        "loader/loader_with_failpoints", "scheduler/scheduler_with_failpoints"}) {
    const auto help = RunCommand({.command = {std::string("services/") + service, "--help"}});
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, HasSubstr("--listen"));
    EXPECT_THAT(help.out, HasSubstr("LOCKSTITCH_METRICS_LISTEN"));
  }
}

TEST_F(ServicesTest, OnlyLoopbackIsListenedOnUnlessToldOtherwise) {
  for (const char* flag : {"--listen=0.0.0.0:0", "--metrics-listen=0.0.0.0:0"}) {
    const auto refused = RunCommand({.command = {"services/discovery/discovery", flag}});
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("LISTEN_ADDRESS_REFUSED: '0.0.0.0:0'"));
    EXPECT_THAT(refused.err, HasSubstr("--plaintext"));
  }
}

TEST_F(ServicesTest, OptionsComeFromTheEnvironmentToo) {
  const auto refused = RunCommand({.command = {"services/discovery/discovery"},
                                   .environment = {{"LOCKSTITCH_LISTEN", "10.1.2.3:1"}}});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("10.1.2.3:1"));
}

TEST_F(ServicesTest, HealthAndReflectionAnswer) {
  Stack stack;
  for (const ServiceProcess* service :
       {&stack.discovery, &stack.extractor, &stack.loader, &stack.scheduler}) {
    std::string response;
    ASSERT_TRUE(CallRaw(service->address(), "/grpc.health.v1.Health/Check", "", &response).ok());
    EXPECT_EQ(response, std::string("\x08\x01", 2));  // status: SERVING
    // ListServices, field 7, of the reflection service.
    EXPECT_EQ(CallRaw(service->address(),
                      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                      std::string("\x3a\x00", 2), &response)
                  .error_code(),
              grpc::StatusCode::OK);
    EXPECT_THAT(response, HasSubstr("lockstitch.v1."));
  }
}

TEST_F(ServicesTest, MetricsCountWhatAJobDid) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 123)");
  Stack stack;
  ASSERT_EQ(RunJob(stack, IntegrationOf("s", source_url_, destination_url_)).job.state(),
            v1::JOB_STATE_SUCCEEDED);
  EXPECT_THAT(Metrics(stack.loader),
              HasSubstr("lockstitch_loader_rows_total{integration=\"s\"} 123"));
  EXPECT_THAT(Metrics(stack.loader),
              HasSubstr("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"BeginLoad\","
                        "grpc_service=\"lockstitch.v1.LoaderService\",grpc_type=\"unary\"} 1"));
  EXPECT_THAT(Metrics(stack.extractor),
              HasSubstr("lockstitch_extractor_rows_total{integration=\"s\"} 123"));
  EXPECT_THAT(Metrics(stack.extractor),
              HasSubstr("lockstitch_extractor_runs_total{reason=\"NONE\"} 1"));
  EXPECT_THAT(
      Metrics(stack.scheduler),
      HasSubstr("lockstitch_scheduler_jobs_total{integration=\"s\",state=\"succeeded\"} 1"));
  EXPECT_THAT(Metrics(stack.discovery), HasSubstr("lockstitch_discovery_tables_total 1"));
}

TEST_F(ServicesTest, EveryLogLineIsJson) {
  Stack stack;
  RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"missing"}));
  for (ServiceProcess* service :
       {&stack.discovery, &stack.extractor, &stack.loader, &stack.scheduler}) {
    std::stringstream lines(service->process().stderr_text());
    for (std::string line; std::getline(lines, line);) {
      const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
      EXPECT_TRUE(json.is_object() && json.contains("time") && json.contains("severity") &&
                  json.contains("service"))
          << line;
    }
  }
}

}  // namespace
}  // namespace lockstitch::tests

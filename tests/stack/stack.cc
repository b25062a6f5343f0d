#include "tests/stack/stack.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/job_view.h"
#include "gtest/gtest.h"
#include "rpc/channel.h"

namespace lockstitch::tests {

ServiceProcess::ServiceProcess(const std::string& name, const std::vector<std::string>& flags,
                               const std::string& failpoints)
    : name_(name), flags_(flags) {
  Start("127.0.0.1:0", failpoints);
}

int64_t ServiceProcess::PeakMegabytes() const {
  std::ifstream status("/proc/" + std::to_string(process_->pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stoll(line.substr(6)) / 1024;
  }
  return -1;
}

void ServiceProcess::Restart(const std::string& failpoints) { Start(address_, failpoints); }

void ServiceProcess::Start(const std::string& listen, const std::string& failpoints) {
  const std::string program = name_ == "discovery" ? name_ : name_ + "_with_failpoints";
  testing::ChildProcess::Options options = {
      .command = {"services/" + name_ + "/" + program, "--listen=" + listen,
                  "--metrics-listen=127.0.0.1:0"},
      .environment = {{"LOCKSTITCH_FAILPOINTS", failpoints}}};
  options.command.insert(options.command.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<testing::ChildProcess>(options);
  const std::string line = process_->WaitForLine("\"message\":\"serving\"");
  if (line.empty()) {
    std::cerr << name_ << " did not start:\n" << process_->stderr_text() << std::endl;
    std::abort();
  }
  const auto serving = nlohmann::json::parse(line);
  address_ = serving.at("address");
  metrics_port_ = serving.at("metrics_port");
  health_port_ = serving.at("health_port");
}

namespace {

std::vector<std::string> With(const std::string& flag, std::vector<std::string> flags) {
  flags.push_back(flag);
  return flags;
}

}  // namespace

Stack::Stack(const Failpoints& failpoints, const std::vector<std::string>& extractor_flags,
             const std::vector<std::string>& loader_flags)
    : loader("loader", loader_flags, failpoints.loader),
      discovery("discovery", {}),
      extractor("extractor", With("--loader=" + loader.address(), extractor_flags),
                failpoints.extractor),
      scheduler("scheduler",
                {"--loader=" + loader.address(), "--discovery=" + discovery.address(),
                 "--extractor=" + extractor.address()},
                failpoints.scheduler) {}

v1::StreamRun JobOutcome::stream(const std::string& name) const {
  for (const v1::StreamRun& run : streams) {
    if (run.stream() == name) return run;
  }
  return {};
}

void ExpectSucceeded(const JobOutcome& outcome) {
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED) << outcome.job.ShortDebugString();
  for (const v1::StreamRun& run : outcome.streams)
    EXPECT_EQ(run.state(), v1::STREAM_RUN_STATE_SUCCEEDED) << run.ShortDebugString();
}

JobOutcome RunJob(Stack& stack, const v1::Integration& integration, bool reset) {
  return RunJobAt(stack.scheduler.address(), integration, reset);
}

JobOutcome RunJobAt(const std::string& scheduler, const v1::Integration& integration, bool reset) {
  v1::RunOnceRequest request;
  *request.mutable_integration() = integration;
  request.set_reset(reset);
  return RunJobAt(scheduler, request);
}

JobOutcome RunJobAt(const std::string& scheduler, const v1::RunOnceRequest& request) {
  const scheduler::SchedulerClient client(rpc::Connect(scheduler), "scheduler");
  cli::JobView view;
  std::vector<std::string> log;
  const absl::Status status = client.RunOnce(request,
                                             [&](const v1::JobEvent& event) {
                                               view.Add(event);
                                               if (event.has_log())
                                                 log.push_back(event.log().message());
                                             },
                                             {});
  if (!status.ok()) std::cerr << "RunOnce: " << status << std::endl;
  for (const v1::StreamRun& run : view.streams()) {
    if (run.has_error()) std::cerr << run.ShortDebugString() << std::endl;
  }
  return {.job = view.job(), .streams = view.streams(), .log = log};
}

v1::Integration IntegrationOf(const std::string& name, const std::string& source_url,
                              const std::string& destination_url,
                              const std::vector<std::string>& streams, uint32_t ranges) {
  v1::Integration integration;
  integration.set_name(name);
  integration.mutable_source()->mutable_postgres()->set_url(source_url);
  integration.mutable_destination()->mutable_postgres()->set_url(destination_url);
  for (const std::string& stream : streams) {
    integration.add_streams()->set_stream(stream);
    integration.mutable_streams()->rbegin()->set_ranges(ranges);
  }
  return integration;
}

}  // namespace lockstitch::tests

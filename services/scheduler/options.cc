#include "services/scheduler/options.h"

#include <CLI/CLI.hpp>

namespace lockstitch::scheduler {

ProcessOptions ParseOptions(int argc, char** argv) {
  ProcessOptions options;
  CLI::App app(
      "Lockstitch scheduler: owns jobs and takes their streams through extractors and loaders.");
  rpc::AddServerFlags(app, options.server);
  const auto add_peer = [&](const std::string& flag, std::string& target, const std::string& help) {
    app.add_option(flag, target, help)->envname(rpc::EnvironmentName(flag))->capture_default_str();
  };
  add_peer("--discovery", options.discovery, "where discovery serves");
  add_peer("--extractor", options.extractor, "where extractors serve");
  add_peer("--loader", options.loader, "where loaders serve");
  app.add_option("--max-parallel-streams", options.scheduler.max_parallel_streams,
                 "streams of a job at once")
      ->envname(rpc::EnvironmentName("--max-parallel-streams"))
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  rpc::AddDurationFlag(app, "--progress-deadline", options.scheduler.progress_deadline,
                       "how long an extractor may report nothing before it is given up");
  rpc::ParseOrExit(app, argc, argv);
  return options;
}

}  // namespace lockstitch::scheduler

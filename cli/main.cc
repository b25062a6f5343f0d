#include <cstdlib>
#include <stop_token>
#include <thread>
#include <variant>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "rpc/termination.h"
#include "telemetry/call_context.h"
#include "telemetry/log.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  const cli::CommandLine line = cli::ParseCommandLine(argc, argv);
  telemetry::StartLogging("lockstitch", line.log_level);
  std::stop_source stop;
  std::thread([stop]() mutable {
    rpc::WaitForTermination();
    stop.request_stop();
    // Who asks twice wants out at once.
    rpc::WaitForTermination();
    std::_Exit(cli::kInterrupted);
  }).detach();
  // What a command asks for is one trace.
  const telemetry::ContextScope scope(telemetry::NewTrace());
  return std::visit(
      [&](const auto& command) { return cli::Run(command, line.output, stop.get_token()); },
      line.command);
}

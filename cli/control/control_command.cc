#include "cli/control/control_command.h"

#include <CLI/CLI.hpp>

#include "cli/control/command_groups.h"
#include "rpc/channel.h"
#include "rpc/server_flags.h"

namespace lockstitch::cli {

std::vector<CLI::App*> AddControlCommands(CLI::App& app, ControlCommand& command) {
  std::vector<CLI::App*> all;
  for (const auto add : {AddApplyCommands, AddIntegrationCommands, AddStreamCommands,
                         AddJobCommands, AddReportCommands, AddTokenCommands}) {
    const std::vector<CLI::App*> added = add(app, command);
    all.insert(all.end(), added.begin(), added.end());
  }
  const std::string variable = rpc::EnvironmentName("--server");
  for (CLI::App* each : all) {
    each->add_option("--server", command.server,
                     "the scheduler to ask, `lockstitch up` for example [" + command.server + "]")
        ->envname(variable)
        ->option_text("ADDRESS (Env:" + variable + ")");
  }
  return all;
}

int Run(const ControlCommand& command, Output output, std::stop_token stop) {
  const rpc::Channel channel = rpc::Connect(command.server);
  rpc::AwaitConnection(channel, absl::Seconds(5));
  const scheduler::ControlClient client(channel, "scheduler at " + command.server);
  return command.run({.client = client, .output = output, .stop = stop});
}

}  // namespace lockstitch::cli

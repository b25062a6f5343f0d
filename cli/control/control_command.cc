#include "cli/control/control_command.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "cli/control/command_groups.h"
#include "cli/exit_status.h"

namespace lockstitch::cli {

std::vector<CLI::App*> AddControlCommands(CLI::App& app, ControlCommand& command) {
  std::vector<CLI::App*> all;
  for (const auto add : {AddApplyCommands, AddIntegrationCommands, AddStreamCommands,
                         AddJobCommands, AddReportCommands, AddTokenCommands}) {
    const std::vector<CLI::App*> added = add(app, command);
    all.insert(all.end(), added.begin(), added.end());
  }
  const std::string help = absl::StrCat("the scheduler to ask, `lockstitch up` for example [",
                                        command.scheduler.server, "]");
  for (CLI::App* each : all) {
    AddSchedulerFlags(*each, command.scheduler, help);
    // All share the address. Without this CLI11 reads the variables of commands that weren't given
    // as well, and they would win over the flags of the one that was.
    each->parse_complete_callback([] {});
  }
  return all;
}

int Run(const ControlCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<rpc::Channel> channel = Connect(command.scheduler);
  if (!channel.ok()) return Fail(channel.status(), output);
  const scheduler::ControlClient client(*channel, command.scheduler.name());
  return command.run({.client = client, .output = output, .stop = stop});
}

}  // namespace lockstitch::cli

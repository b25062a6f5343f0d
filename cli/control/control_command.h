#ifndef LOCKSTITCH_CLI_CONTROL_CONTROL_COMMAND_H_
#define LOCKSTITCH_CLI_CONTROL_CONTROL_COMMAND_H_

#include <stop_token>
#include <vector>

#include "cli/control/control_call.h"
#include "cli/output.h"

namespace CLI {
class App;
}

namespace lockstitch::cli {

// Adds every command that speaks to a scheduler with a catalog; the one that is parsed sets
// `command.run`. Answers those that run, for flags that all have.
std::vector<CLI::App*> AddControlCommands(CLI::App& app, ControlCommand& command);

// Connects and runs it.
int Run(const ControlCommand& command, Output output, std::stop_token stop);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CONTROL_CONTROL_COMMAND_H_

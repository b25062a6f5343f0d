#ifndef LOCKSTITCH_CLI_CONTROL_COMMAND_GROUPS_H_
#define LOCKSTITCH_CLI_CONTROL_COMMAND_GROUPS_H_

#include <vector>

#include "cli/control/control_call.h"

namespace CLI {
class App;
}

namespace lockstitch::cli {

// Each adds the commands of one kind, as AddControlCommands.
std::vector<CLI::App*> AddApplyCommands(CLI::App& app, ControlCommand& command);
std::vector<CLI::App*> AddIntegrationCommands(CLI::App& app, ControlCommand& command);
std::vector<CLI::App*> AddStreamCommands(CLI::App& app, ControlCommand& command);
std::vector<CLI::App*> AddJobCommands(CLI::App& app, ControlCommand& command);
std::vector<CLI::App*> AddReportCommands(CLI::App& app, ControlCommand& command);
std::vector<CLI::App*> AddTokenCommands(CLI::App& app, ControlCommand& command);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CONTROL_COMMAND_GROUPS_H_

#ifndef LOCKSTITCH_CLI_COMMANDS_H_
#define LOCKSTITCH_CLI_COMMANDS_H_

#include <stop_token>

#include "cli/command_line.h"
#include "cli/exit_status.h"

namespace lockstitch::cli {

// Each runs one command, prints what it has to say, and answers the exit status.
int Run(const SyncCommand& command, Output output, std::stop_token stop);
int Run(const VerifyCommand& command, Output output, std::stop_token stop);
int Run(const DiscoverCommand& command, Output output, std::stop_token stop);
int Run(const CheckCommand& command, Output output, std::stop_token stop);
int Run(const CleanCommand& command, Output output, std::stop_token stop);
int Run(const ForgetCommand& command, Output output, std::stop_token stop);
int Run(const UpCommand& command, Output output, std::stop_token stop);
int Run(const CompletionCommand& command, Output output, std::stop_token stop);
int Run(const SchedulePreviewCommand& command, Output output, std::stop_token stop);
int Run(const VersionCommand& command, Output output, std::stop_token stop);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_COMMANDS_H_

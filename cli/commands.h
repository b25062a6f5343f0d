#ifndef LOCKSTITCH_CLI_COMMANDS_H_
#define LOCKSTITCH_CLI_COMMANDS_H_

#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "cli/command_line.h"

namespace lockstitch::cli {

// Exit statuses of the command.
inline constexpr int kSucceeded = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kInterrupted =
    130;  // By a second signal, with what was under way left as it was.

// Each runs one command, prints what it has to say, and answers the exit status.
int Run(const SyncCommand& command, Output output, std::stop_token stop);
int Run(const VerifyCommand& command, Output output, std::stop_token stop);
int Run(const DiscoverCommand& command, Output output, std::stop_token stop);
int Run(const CheckCommand& command, Output output, std::stop_token stop);
int Run(const CleanCommand& command, Output output, std::stop_token stop);
int Run(const ForgetCommand& command, Output output, std::stop_token stop);
int Run(const SchedulePreviewCommand& command, Output output, std::stop_token stop);
int Run(const VersionCommand& command, Output output, std::stop_token stop);

// A failure's reason, message and remedy as one line of JSON.
std::string FailureJson(const absl::Status& failure);

// Prints a failure of the command itself, with its remedy; answers the exit status.
int Fail(const absl::Status& failure, Output output);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_COMMANDS_H_

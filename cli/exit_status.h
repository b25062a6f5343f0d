#ifndef LOCKSTITCH_CLI_EXIT_STATUS_H_
#define LOCKSTITCH_CLI_EXIT_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "cli/output.h"

namespace lockstitch::cli {

// Exit statuses of the command.
inline constexpr int kSucceeded = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kInterrupted =
    130;  // By a second signal, with what was under way left as it was.

// What a failure of the command ends it with: kWrongUsage where what it was given is wrong.
int ExitStatusOf(const absl::Status& failure);

// A failure's reason, message and remedy as one line of JSON.
std::string FailureJson(const absl::Status& failure);

// Prints a failure of the command itself, with its remedy; answers the exit status.
int Fail(const absl::Status& failure, Output output);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_EXIT_STATUS_H_

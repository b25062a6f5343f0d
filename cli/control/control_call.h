#ifndef LOCKSTITCH_CLI_CONTROL_CONTROL_CALL_H_
#define LOCKSTITCH_CLI_CONTROL_CONTROL_CALL_H_

#include <functional>
#include <stop_token>
#include <string>

#include "cli/output.h"
#include "cli/scheduler_address.h"
#include "services/scheduler/control/control_client.h"

namespace lockstitch::cli {

// What a command that speaks to a scheduler with a catalog runs with.
struct ControlCall {
  const scheduler::ControlClient& client;
  Output output;
  std::stop_token stop;
};

// The command that was chosen.
struct ControlCommand {
  SchedulerAddress scheduler = {.server = "127.0.0.1:7400"};
  // Prints what there is to say, answers the exit status.
  std::function<int(const ControlCall&)> run;
};

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CONTROL_CONTROL_CALL_H_

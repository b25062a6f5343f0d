#ifndef LOCKSTITCH_CLI_CONTROL_ARGUMENTS_H_
#define LOCKSTITCH_CLI_CONTROL_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/control/control_call.h"

namespace lockstitch::cli {

// Has `app`, once it is the command that was parsed, run `run` with the arguments that its options
// were read into.
template <typename Arguments, typename Run>
void OnParsed(CLI::App* app, ControlCommand& command, std::shared_ptr<Arguments> arguments,
              Run run) {
  app->final_callback([&command, arguments, run] {
    command.run = [arguments, run](const ControlCall& call) { return run(*arguments, call); };
  });
}

// The positional NAME of an integration.
void AddIntegrationArgument(CLI::App* app, std::string& name);

// integrations/{id}: of an id, or of an integration's name as its file has it. USAGE_INVALID.
absl::StatusOr<std::string> IntegrationNamed(const std::string& name);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CONTROL_ARGUMENTS_H_

#ifndef LOCKSTITCH_CLI_DESCRIBED_INTEGRATION_H_
#define LOCKSTITCH_CLI_DESCRIBED_INTEGRATION_H_

#include "absl/status/statusor.h"
#include "cli/integration_file.h"
#include "cli/integration_flags.h"
#include "status/macros.h"

namespace lockstitch::cli {

// The integration that a command's file describes, overridden by what its flags say.
template <typename Command>
absl::StatusOr<v1::Integration> DescribedIntegration(const Command& command) {
  v1::Integration integration;
  if (!command.file.empty()) {
    ASSIGN_OR_RETURN(integration, ReadIntegration(command.file));
  }
  if (!command.name.empty()) integration.set_name(command.name);
  SetUrls(command.source, command.destination, &integration);
  SelectOnly(command.streams, &integration);
  return integration;
}

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_DESCRIBED_INTEGRATION_H_

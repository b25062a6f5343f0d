#ifndef LOCKSTITCH_CLI_SCHEDULER_ADDRESS_H_
#define LOCKSTITCH_CLI_SCHEDULER_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "rpc/channel.h"
#include "rpc/tls_files.h"

namespace CLI {
class App;
}

namespace lockstitch::cli {

// Where a scheduler serves, and what to prove oneself to it and test it by.
struct SchedulerAddress {
  std::string server;
  rpc::TlsFiles tls;
  std::string token_file;  // Empty: no token.

  // For errors.
  std::string name() const { return "scheduler at " + server; }
};

// Adds --server, whose default `help` tells, the flags of TLS, and --token-file.
void AddSchedulerFlags(CLI::App& app, SchedulerAddress& scheduler, const std::string& help);

// A channel to it, once it answers or some seconds have gone by. TLS_FILES_REFUSED or
// TOKEN_FILE_UNREADABLE if it can't be had; TOKEN_NEEDS_TLS where a token would be read on the way.
absl::StatusOr<rpc::Channel> Connect(const SchedulerAddress& scheduler);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_SCHEDULER_ADDRESS_H_

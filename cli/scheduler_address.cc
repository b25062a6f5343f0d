#include "cli/scheduler_address.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "rpc/server_flags.h"
#include "rpc/tls.h"
#include "status/macros.h"

namespace lockstitch::cli {

void AddSchedulerFlags(CLI::App& app, SchedulerAddress& scheduler, const std::string& help) {
  const std::string variable = rpc::EnvironmentName("--server");
  app.add_option("--server", scheduler.server, help)
      ->envname(variable)
      ->option_text("ADDRESS (Env:" + variable + ")");
  rpc::AddTlsFlags(app, scheduler.tls);
}

absl::StatusOr<rpc::Channel> Connect(const SchedulerAddress& scheduler) {
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Tls> tls, rpc::Tls::Open(scheduler.tls));
  rpc::Channel channel = rpc::Connect(scheduler.server, {.tls = tls.get()});
  rpc::AwaitConnection(channel, absl::Seconds(5));
  return channel;
}

}  // namespace lockstitch::cli

#include "cli/scheduler_address.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "access/token.h"
#include "rpc/listen_address.h"
#include "rpc/server_flags.h"
#include "rpc/tls.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {

void AddSchedulerFlags(CLI::App& app, SchedulerAddress& scheduler, const std::string& help) {
  const std::string variable = rpc::EnvironmentName("--server");
  app.add_option("--server", scheduler.server, help)
      ->envname(variable)
      ->option_text("ADDRESS (Env:" + variable + ")");
  rpc::AddTlsFlags(app, scheduler.tls);
  const std::string token = rpc::EnvironmentName("--token-file");
  app.add_option("--token-file", scheduler.token_file,
                 "file that holds the token to call it with; none is needed on its machine")
      ->envname(token)
      ->option_text("FILE (Env:" + token + ")");
}

absl::StatusOr<rpc::Channel> Connect(const SchedulerAddress& scheduler) {
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::Tls> tls, rpc::Tls::Open(scheduler.tls));
  rpc::ConnectOptions options = {.tls = tls.get()};
  if (!scheduler.token_file.empty()) {
    if (tls == nullptr && !rpc::IsLocal(scheduler.server)) {
      return Error(Reason::kTokenNeedsTls,
                   absl::StrCat("the token would go to ", scheduler.server, " in plaintext"));
    }
    ASSIGN_OR_RETURN(const std::string token, access::ReadTokenFile(scheduler.token_file));
    options.authorization = [header = "Bearer " + token] { return header; };
  }
  rpc::Channel channel = rpc::Connect(scheduler.server, options);
  rpc::AwaitConnection(channel, absl::Seconds(5));
  return channel;
}

}  // namespace lockstitch::cli

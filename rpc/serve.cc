#include "rpc/serve.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "rpc/alarm.h"
#include "rpc/server.h"
#include "rpc/termination.h"
#include "telemetry/log.h"

namespace lockstitch::rpc {

using telemetry::LogSeverity;

int ServeUntilTerminated(const Serving& serving) {
  const auto server = Server::Start(
      {.listen = serving.flags.listen, .services = serving.services, .metrics = serving.metrics});
  if (!server.ok()) {
    telemetry::LogError("can't start", server.status());
    return EXIT_FAILURE;
  }
  if (serving.started) serving.started((*server)->address());
  telemetry::Log(
      LogSeverity::kInfo, "serving",
      {{"address", (*server)->address()}, {"metrics_port", absl::StrCat(serving.metrics_port)}});
  WaitForTermination();
  telemetry::Log(LogSeverity::kInfo, "stopping");
  if (serving.drain > absl::ZeroDuration()) {
    const Alarm at_limit(serving.drain, serving.stop);
    (*server)->Shutdown(serving.drain + serving.flags.shutdown_grace);
  } else {
    serving.stop();
    (*server)->Shutdown(serving.flags.shutdown_grace);
  }
  return EXIT_SUCCESS;
}

}  // namespace lockstitch::rpc

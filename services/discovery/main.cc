#include <cstdlib>

#include "postgres/allowed_files.h"
#include "rpc/process.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "services/discovery/discovery.h"
#include "services/discovery/discovery_service.h"
#include "services/discovery/options.h"
#include "telemetry/log.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  const discovery::ProcessOptions options = discovery::ParseOptions(argc, argv);
  postgres::AllowFilesBelow(options.server.connection_files);
  const auto process = rpc::StartProcess("discovery", options.server);
  if (!process.ok()) return telemetry::LogError("can't start", process.status()), EXIT_FAILURE;

  discovery::Discovery discovery(process->metrics.get());
  return rpc::ServeUntilTerminated({.flags = options.server,
                                    .process = &*process,
                                    .services = {discovery::MakeService(&discovery)},
                                    .stop = [&] { discovery.Stop(); }});
}

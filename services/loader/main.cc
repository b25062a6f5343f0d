#include <cstdlib>
#include <functional>

#include "postgres/allowed_files.h"
#include "rpc/heaps.h"
#include "rpc/process.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "services/loader/loader.h"
#include "services/loader/loader_service.h"
#include "services/loader/options.h"
#include "telemetry/log.h"
#include "verification/checksum_service.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::ShareHeaps();
  rpc::HoldTermination();
  loader::ProcessOptions options = loader::ParseOptions(argc, argv);
  postgres::AllowFilesBelow(options.server.connection_files);
  const auto process = rpc::StartProcess("loader", options.server);
  if (!process.ok()) return telemetry::LogError("can't start", process.status()), EXIT_FAILURE;

  options.loader.metrics = process->metrics.get();
  loader::Loader loader(options.loader);
  const auto checksum = std::bind_front(&loader::Loader::Checksum, &loader);
  return rpc::ServeUntilTerminated(
      {.flags = options.server,
       .process = &*process,
       .services = {loader::MakeService(&loader), verification::MakeService(checksum)},
       .stop = [&] { loader.Stop(); },
       .drain = options.drain});
}

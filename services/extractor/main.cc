#include <cstdlib>
#include <functional>
#include <string>

#include "postgres/allowed_files.h"
#include "rpc/channel.h"
#include "rpc/heaps.h"
#include "rpc/process.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "services/extractor/extractor.h"
#include "services/extractor/extractor_service.h"
#include "services/extractor/options.h"
#include "services/loader/loader_client.h"
#include "telemetry/log.h"
#include "verification/checksum_service.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::ShareHeaps();
  rpc::HoldTermination();
  extractor::ProcessOptions options = extractor::ParseOptions(argc, argv);
  postgres::AllowFilesBelow(options.server.connection_files);
  const auto process = rpc::StartProcess("extractor", options.server);
  if (!process.ok()) return telemetry::LogError("can't start", process.status()), EXIT_FAILURE;

  const loader::LoaderClient loader(rpc::Connect(options.loader, process->ToPeers()),
                                    "loader at " + options.loader);
  options.extractor.loader = &loader;
  options.extractor.metrics = process->metrics.get();
  extractor::Extractor extractor(options.extractor);
  const auto checksum = std::bind_front(&extractor::Extractor::Checksum, &extractor);
  return rpc::ServeUntilTerminated(
      {.flags = options.server,
       .process = &*process,
       .services = {extractor::MakeService(&extractor), verification::MakeService(checksum)},
       .started =
           [&](const std::string& address) {
             extractor.Advertise(options.advertise.empty() ? address : options.advertise);
           },
       .stop = [&] { extractor.Stop(); },
       .drain = options.drain,
       .await_idle = std::bind_front(&extractor::Extractor::Drain, &extractor)});
}

#include <cstdlib>
#include <functional>

#include "rpc/heaps.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "rpc/tls.h"
#include "services/loader/loader.h"
#include "services/loader/loader_service.h"
#include "services/loader/options.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"
#include "verification/checksum_service.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::ShareHeaps();
  rpc::HoldTermination();
  loader::ProcessOptions options = loader::ParseOptions(argc, argv);
  telemetry::StartLogging("loader", options.server.log_level);

  const auto tls = rpc::Tls::Open(options.server.tls);
  if (!tls.ok()) return telemetry::LogError("can't start", tls.status()), EXIT_FAILURE;
  const auto metrics = telemetry::PrometheusMetrics::Serve(options.server.metrics_listen, "loader");
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  options.loader.metrics = metrics->get();
  loader::Loader loader(options.loader);
  const auto checksum = std::bind_front(&loader::Loader::Checksum, &loader);
  return rpc::ServeUntilTerminated(
      {.flags = options.server,
       .tls = tls->get(),
       .services = {loader::MakeService(&loader), verification::MakeService(checksum)},
       .metrics = metrics->get(),
       .metrics_port = (*metrics)->port(),
       .stop = [&] { loader.Stop(); },
       .drain = options.drain});
}

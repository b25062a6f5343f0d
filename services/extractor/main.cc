#include <cstdlib>
#include <functional>
#include <string>

#include "rpc/channel.h"
#include "rpc/heaps.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "rpc/tls.h"
#include "services/extractor/extractor.h"
#include "services/extractor/extractor_service.h"
#include "services/extractor/options.h"
#include "services/loader/loader_client.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"
#include "verification/checksum_service.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::ShareHeaps();
  rpc::HoldTermination();
  extractor::ProcessOptions options = extractor::ParseOptions(argc, argv);
  telemetry::StartLogging("extractor", options.server.log_level);

  const auto tls = rpc::Tls::Open(options.server.tls);
  if (!tls.ok()) return telemetry::LogError("can't start", tls.status()), EXIT_FAILURE;
  const auto metrics =
      telemetry::PrometheusMetrics::Serve(options.server.metrics_listen, "extractor");
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  const loader::LoaderClient loader(
      rpc::Connect(options.loader, {.tls = tls->get(), .metrics = metrics->get()}),
      "loader at " + options.loader);
  options.extractor.loader = &loader;
  options.extractor.metrics = metrics->get();
  extractor::Extractor extractor(options.extractor);
  const auto checksum = std::bind_front(&extractor::Extractor::Checksum, &extractor);
  return rpc::ServeUntilTerminated(
      {.flags = options.server,
       .tls = tls->get(),
       .services = {extractor::MakeService(&extractor), verification::MakeService(checksum)},
       .metrics = metrics->get(),
       .metrics_port = (*metrics)->port(),
       .started =
           [&](const std::string& address) {
             extractor.Advertise(options.advertise.empty() ? address : options.advertise);
           },
       .stop =
           [&] {
             extractor.Drain(options.drain);
             extractor.Stop();
           }});
}

#include <cstdlib>

#include "rpc/serve.h"
#include "rpc/termination.h"
#include "rpc/tls.h"
#include "services/discovery/discovery.h"
#include "services/discovery/discovery_service.h"
#include "services/discovery/options.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  const discovery::ProcessOptions options = discovery::ParseOptions(argc, argv);
  telemetry::StartLogging("discovery", options.server.log_level);

  const auto tls = rpc::Tls::Open(options.server.tls);
  if (!tls.ok()) return telemetry::LogError("can't start", tls.status()), EXIT_FAILURE;
  const auto metrics =
      telemetry::PrometheusMetrics::Serve(options.server.metrics_listen, "discovery");
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  discovery::Discovery discovery(metrics->get());
  return rpc::ServeUntilTerminated({.flags = options.server,
                                    .tls = tls->get(),
                                    .services = {discovery::MakeService(&discovery)},
                                    .metrics = metrics->get(),
                                    .metrics_port = (*metrics)->port(),
                                    .stop = [&] { discovery.Stop(); }});
}

#include <cstdlib>

#include "rpc/server.h"
#include "rpc/termination.h"
#include "services/loader/loader.h"
#include "services/loader/loader_service.h"
#include "services/loader/options.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  loader::ProcessOptions options = loader::ParseOptions(argc, argv);
  telemetry::StartLogging("loader", options.server.log_level);

  const auto metrics = telemetry::PrometheusMetrics::Serve(options.server.metrics_listen);
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  options.loader.metrics = metrics->get();
  loader::Loader loader(options.loader);
  const auto service = loader::MakeService(&loader, metrics->get());
  const auto server = rpc::Server::Start(
      {.listen = options.server.listen, .services = {service}, .metrics = metrics->get()});
  if (!server.ok()) return telemetry::LogError("can't start", server.status()), EXIT_FAILURE;
  telemetry::Log(
      telemetry::LogSeverity::kInfo, "serving",
      {{"address", (*server)->address()}, {"metrics_port", std::to_string((*metrics)->port())}});

  rpc::WaitForTermination();
  telemetry::Log(telemetry::LogSeverity::kInfo, "stopping");
  loader.Stop();
  (*server)->Shutdown(options.server.shutdown_grace);
  return EXIT_SUCCESS;
}

#include <cstdlib>

#include "rpc/channel.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "services/scheduler/options.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/scheduler_service.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  scheduler::ProcessOptions options = scheduler::ParseOptions(argc, argv);
  telemetry::StartLogging("scheduler", options.server.log_level);

  const auto metrics = telemetry::PrometheusMetrics::Serve(options.server.metrics_listen);
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  const discovery::DiscoveryClient discovery(rpc::Connect(options.discovery),
                                             "discovery at " + options.discovery);
  const extractor::ExtractorClient extractor(rpc::Connect(options.extractor),
                                             "extractor at " + options.extractor);
  const loader::LoaderClient loader(rpc::Connect(options.loader), "loader at " + options.loader);
  options.scheduler.discovery = &discovery;
  options.scheduler.extractor = &extractor;
  options.scheduler.loader = &loader;
  options.scheduler.metrics = metrics->get();
  scheduler::Scheduler scheduler(options.scheduler);
  return rpc::ServeUntilTerminated({.flags = options.server,
                                    .services = {scheduler::MakeService(&scheduler)},
                                    .metrics = metrics->get(),
                                    .metrics_port = (*metrics)->port(),
                                    .stop = [&] { scheduler.Stop(); }});
}

#include <cstdlib>
#include <string>

#include "rpc/channel.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "services/scheduler/options.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/scheduler_service.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"
#include "verification/checksum_client.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  scheduler::ProcessOptions options = scheduler::ParseOptions(argc, argv);
  telemetry::StartLogging("scheduler", options.server.log_level);

  const auto metrics = telemetry::PrometheusMetrics::Serve(options.server.metrics_listen);
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  const discovery::DiscoveryClient discovery(rpc::Connect(options.discovery),
                                             "discovery at " + options.discovery);
  const rpc::Channel to_extractor = rpc::Connect(options.extractor);
  const rpc::Channel to_loader = rpc::Connect(options.loader);
  const std::string extractor_name = "extractor at " + options.extractor;
  const std::string loader_name = "loader at " + options.loader;
  const extractor::ExtractorClient extractor(to_extractor, extractor_name);
  const loader::LoaderClient loader(to_loader, loader_name);
  const verification::ChecksumClient source_checksums(to_extractor, extractor_name);
  const verification::ChecksumClient destination_checksums(to_loader, loader_name);
  options.scheduler.discovery = &discovery;
  options.scheduler.extractor = &extractor;
  options.scheduler.loader = &loader;
  options.scheduler.source_checksums = &source_checksums;
  options.scheduler.destination_checksums = &destination_checksums;
  options.scheduler.metrics = metrics->get();
  scheduler::Scheduler scheduler(options.scheduler);
  return rpc::ServeUntilTerminated({.flags = options.server,
                                    .services = {scheduler::MakeService(&scheduler)},
                                    .metrics = metrics->get(),
                                    .metrics_port = (*metrics)->port(),
                                    .stop = [&] { scheduler.Stop(); }});
}

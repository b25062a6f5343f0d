#include <cstdlib>
#include <memory>

#include "rpc/serve.h"
#include "rpc/termination.h"
#include "rpc/tls.h"
#include "services/scheduler/control/control_service.h"
#include "services/scheduler/control_plane.h"
#include "services/scheduler/options.h"
#include "services/scheduler/peers.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/scheduler_service.h"
#include "services/scheduler/users/user_gate.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  scheduler::ProcessOptions options = scheduler::ParseOptions(argc, argv);
  telemetry::StartLogging("scheduler", options.server.log_level);

  const auto tls = rpc::Tls::Open(options.server.tls);
  if (!tls.ok()) return telemetry::LogError("can't start", tls.status()), EXIT_FAILURE;
  const auto metrics =
      telemetry::PrometheusMetrics::Serve(options.server.metrics_listen, "scheduler");
  if (!metrics.ok()) return telemetry::LogError("can't start", metrics.status()), EXIT_FAILURE;
  const scheduler::Peers peers(options.peers, {.tls = tls->get(), .metrics = metrics->get()});
  peers.AddTo(&options.scheduler);
  options.scheduler.metrics = metrics->get();
  scheduler::Scheduler scheduler(options.scheduler);
  rpc::Serving serving = {.flags = options.server,
                          .tls = tls->get(),
                          // Users may come with a token.
                          .client_certificates = rpc::ClientCertificates::kOptional,
                          .services = {scheduler::MakeService(&scheduler)},
                          .metrics = metrics->get(),
                          .metrics_port = (*metrics)->port()};
  std::unique_ptr<scheduler::ControlPlane> kept;
  if (options.control_plane) {
    options.control_plane->tls = tls->get();
    auto opened = scheduler::ControlPlane::Open(*options.control_plane, scheduler);
    if (!opened.ok()) return telemetry::LogError("can't start", opened.status()), EXIT_FAILURE;
    kept = *std::move(opened);
    for (auto& service : scheduler::MakeControlServices(&kept->control()))
      serving.services.push_back(std::move(service));
  }
  scheduler::UserGate users(options.users, kept ? &kept->control() : nullptr);
  serving.gate = users.gate();
  serving.stop = [&] {
    if (kept) kept->Stop();
    scheduler.Stop();
  };
  return rpc::ServeUntilTerminated(serving);
}

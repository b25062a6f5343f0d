#include <cstdlib>
#include <memory>

#include "postgres/allowed_files.h"
#include "rpc/process.h"
#include "rpc/serve.h"
#include "rpc/termination.h"
#include "services/scheduler/control/control_service.h"
#include "services/scheduler/control_plane.h"
#include "services/scheduler/options.h"
#include "services/scheduler/peers.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/scheduler_service.h"
#include "services/scheduler/users/user_gate.h"
#include "telemetry/log.h"

using namespace lockstitch;

int main(int argc, char** argv) {
  rpc::HoldTermination();
  scheduler::ProcessOptions options = scheduler::ParseOptions(argc, argv);
  postgres::AllowFilesBelow(options.server.connection_files);
  const auto process = rpc::StartProcess("scheduler", options.server);
  if (!process.ok()) return telemetry::LogError("can't start", process.status()), EXIT_FAILURE;
  const scheduler::Peers peers(options.peers, process->ToPeers());
  peers.AddTo(&options.scheduler);
  options.scheduler.metrics = process->metrics.get();
  scheduler::Scheduler scheduler(options.scheduler);
  rpc::Serving serving = {.flags = options.server,
                          .process = &*process,
                          .client_certificates = rpc::ClientCertificates::kOptional,  // Or a token.
                          .services = {scheduler::MakeService(&scheduler)}};
  std::unique_ptr<scheduler::ControlPlane> kept;
  if (options.control_plane) {
    options.control_plane->tls = process->tls.get();
    auto opened = scheduler::ControlPlane::Open(*options.control_plane, scheduler);
    if (!opened.ok()) return telemetry::LogError("can't start", opened.status()), EXIT_FAILURE;
    kept = *std::move(opened);
    for (auto& service : scheduler::MakeControlServices(&kept->control()))
      serving.services.push_back(std::move(service));
  }
  scheduler::UserGate users(options.users, kept ? &kept->control() : nullptr);
  serving.gate = users.gate();
  serving.alive = [&] { return !kept || kept->alive(); };
  serving.stop = [&] {
    if (kept) kept->Stop();
    scheduler.Stop();
  };
  return rpc::ServeUntilTerminated(serving);
}

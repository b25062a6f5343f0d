#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/local_services.h"
#include "cli/private_cluster.h"
#include "rpc/server.h"
#include "services/scheduler/control/control_service.h"
#include "services/scheduler/control_plane.h"
#include "services/scheduler/scheduler_service.h"
#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/users/user_gate.h"
#include "status/macros.h"
#include "telemetry/log.h"
#include "telemetry/prometheus_metrics.h"

namespace lockstitch::cli {
namespace {

// Where a user's programs keep their data, by the XDG base directory specification.
std::string DefaultDataFolder() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0')
    return absl::StrCat(data, "/lockstitch");
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "." : home, "/.local/share/lockstitch");
}

// In the order of their making: each uses only what stands before it.
struct Running {
  std::unique_ptr<PrivateCluster> cluster;  // None where the catalog is elsewhere.
  std::unique_ptr<telemetry::PrometheusMetrics> metrics;
  std::unique_ptr<LocalServices> services;
  std::unique_ptr<scheduler::ControlPlane> control_plane;
  std::unique_ptr<scheduler::UserGate> users;
  std::unique_ptr<rpc::Server> server;
};

// The keys that secrets in the catalog are encrypted by; made beside it the first time.
absl::StatusOr<std::string> SecretKeys(const UpCommand& command, const std::string& folder) {
  if (!command.secret_keys.empty()) return command.secret_keys;
  const std::string path = folder + "/secret-keys";
  if (!std::filesystem::exists(path)) RETURN_IF_ERROR(scheduler::SecretBox::CreateFile(path));
  return path;
}

absl::StatusOr<Running> Start(const UpCommand& command, const std::string& folder) {
  Running running;
  scheduler::ControlPlane::Options options = {.most_jobs = static_cast<size_t>(command.max_jobs),
                                              .retention = command.retention,
                                              // Runs are of this process: none outlives it.
                                              .grace = absl::ZeroDuration()};
  options.webhooks.root_certificate_file = command.webhook_ca_file;
  if (command.catalog.empty()) {
    ASSIGN_OR_RETURN(
        running.cluster,
        PrivateCluster::Start({.folder = folder, .programs = command.postgres_programs}));
    options.catalog = running.cluster->connection();
  } else {
    std::error_code none;
    std::filesystem::create_directories(folder, none);
    options.catalog.set_url(command.catalog);
  }
  ASSIGN_OR_RETURN(options.secret_keys, SecretKeys(command, folder));
  ASSIGN_OR_RETURN(running.metrics,
                   telemetry::PrometheusMetrics::Serve(command.metrics_listen, ""));
  ASSIGN_OR_RETURN(running.services, LocalServices::Start(running.metrics.get()));
  scheduler::Scheduler& scheduler = running.services->local_scheduler();
  ASSIGN_OR_RETURN(running.control_plane, scheduler::ControlPlane::Open(options, scheduler));
  std::vector<std::shared_ptr<grpc::Service>> services =
      scheduler::MakeControlServices(&running.control_plane->control());
  services.push_back(scheduler::MakeService(&scheduler));
  running.users = std::make_unique<scheduler::UserGate>(scheduler::UserGate::Options(),
                                                        &running.control_plane->control());
  ASSIGN_OR_RETURN(running.server, rpc::Server::Start({.listen = command.listen,
                                                       .services = std::move(services),
                                                       .metrics = running.metrics.get(),
                                                       .gate = running.users->gate()}));
  return running;
}

void PrintStarted(const Running& running, const std::string& folder, Output output) {
  const std::string& address = running.server->address();
  if (output == Output::kTable) {
    std::cout << "lockstitch is up at " << address << ", its data in " << folder
              << "\n  Next, in another terminal: lockstitch apply -f FILE\n";
  } else {
    std::cout << Structured(output,
                            nlohmann::ordered_json{{"address", address},
                                                   {"metrics_port", running.metrics->port()},
                                                   {"data_folder", folder}}
                                    .dump(2) +
                                "\n");
  }
  std::cout.flush();
}

absl::Status AwaitStop(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
  return absl::OkStatus();
}

}  // namespace

int Run(const UpCommand& command, Output output, std::stop_token stop) {
  const std::string folder =
      command.data_folder.empty() ? DefaultDataFolder() : command.data_folder;
  absl::StatusOr<Running> running = Start(command, folder);
  if (!running.ok()) return Fail(running.status(), output);
  PrintStarted(*running, folder, output);
  const absl::Status kept =
      running->cluster == nullptr ? AwaitStop(stop) : running->cluster->KeepRunning(stop);
  telemetry::Log(telemetry::LogSeverity::kInfo, "shutting down", {});
  running->control_plane->Stop();
  running->services->StopJobs();
  running->server->Shutdown(command.shutdown_grace);
  return kept.ok() ? kSucceeded : Fail(kept, output);
}

}  // namespace lockstitch::cli

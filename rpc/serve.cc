#include "rpc/serve.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/alarm.h"
#include "rpc/health_server.h"
#include "rpc/server.h"
#include "rpc/termination.h"
#include "rpc/ticker.h"
#include "rpc/tls_files.h"
#include "status/macros.h"
#include "telemetry/log.h"

namespace lockstitch::rpc {
namespace {

using telemetry::LogSeverity;

// Tells until when the process can prove itself; while the files can't be used, what was true last.
void TellExpiry(const TlsFiles& files, telemetry::Metrics* metrics) {
  const absl::StatusOr<absl::Time> expiry = CheckTlsFiles(files);
  if (!expiry.ok()) return;
  metrics->Set(telemetry::Metric::kTlsCertificateExpiry, {},
               absl::ToDoubleSeconds(*expiry - absl::UnixEpoch()));
}

// Until nothing is under way, or no more may be.
void Drain(const Serving& serving, Server& server) {
  const AtTermination at_once([&] {
    telemetry::Log(LogSeverity::kInfo, "stopping at once");
    serving.stop();
  });
  if (serving.await_idle) return serving.await_idle(serving.drain);
  const Alarm at_limit(serving.drain, serving.stop);
  server.Shutdown(serving.drain + serving.flags.shutdown_grace);
}

absl::Status Serve(const Serving& serving) {
  const Process& process = *serving.process;
  std::unique_ptr<HealthServer> health;
  if (!serving.flags.health_listen.empty()) {
    ASSIGN_OR_RETURN(health, HealthServer::Start(serving.flags.health_listen));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Server> server,
                   Server::Start({.listen = serving.flags.listen,
                                  .tls = process.tls.get(),
                                  .client_certificates = serving.client_certificates,
                                  .plaintext = serving.flags.Plaintext(Listener::kGrpc),
                                  .services = serving.services,
                                  .metrics = process.metrics.get(),
                                  .gate = serving.gate}));
  telemetry::Metrics::Sampling expiry;
  if (process.tls != nullptr) {
    expiry = process.metrics->Sample([&] { TellExpiry(serving.flags.tls, process.metrics.get()); });
  }
  std::optional<Ticker> life;
  if (serving.alive) {
    life.emplace([&, was = true]() mutable {
      const bool alive = serving.alive();
      if (alive == std::exchange(was, alive)) return;
      server->SetAlive(alive);
      if (health) health->SetAlive(alive);
      if (alive) return telemetry::Log(LogSeverity::kInfo, "the process gets on again");
      telemetry::Log(LogSeverity::kError, "the process stands still: health says that it is dead");
    });
  }
  if (serving.started) serving.started(server->address());
  if (health) health->SetReady(true);
  telemetry::Log(LogSeverity::kInfo, "serving",
                 {{"address", server->address()},
                  {"metrics_port", absl::StrCat(process.metrics->port())},
                  {"health_port", health ? absl::StrCat(health->port()) : ""}});
  WaitForTermination();
  telemetry::Log(LogSeverity::kInfo, "stopping");
  life.reset();
  server->SetReady(false);
  if (health) health->SetReady(false);
  if (serving.drain > absl::ZeroDuration()) Drain(serving, *server);
  serving.stop();
  server->Shutdown(serving.flags.shutdown_grace);
  return absl::OkStatus();
}

}  // namespace

int ServeUntilTerminated(const Serving& serving) {
  const absl::Status served = Serve(serving);
  if (served.ok()) return EXIT_SUCCESS;
  telemetry::LogError("can't start", served);
  return EXIT_FAILURE;
}

}  // namespace lockstitch::rpc

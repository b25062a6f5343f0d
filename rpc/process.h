#ifndef LOCKSTITCH_RPC_PROCESS_H_
#define LOCKSTITCH_RPC_PROCESS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rpc/channel.h"
#include "rpc/server_flags.h"
#include "rpc/tls.h"
#include "telemetry/prometheus_metrics.h"

namespace lockstitch::rpc {

// What the process of a service speaks through, whatever it serves.
struct Process {
  std::unique_ptr<Tls> tls;  // Null: plaintext.
  std::unique_ptr<telemetry::PrometheusMetrics> metrics;

  // For channels to other services.
  ConnectOptions ToPeers() const { return {.tls = tls.get(), .metrics = metrics.get()}; }
};

// Begins the log of `service`, opens its TLS and serves its metrics. TLS_FILES_REFUSED;
// LISTEN_ADDRESS_REFUSED.
absl::StatusOr<Process> StartProcess(absl::string_view service, const ServerFlags& flags);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_PROCESS_H_

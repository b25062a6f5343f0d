#include "rpc/process.h"

#include <string>

#include "status/macros.h"
#include "telemetry/log.h"

namespace lockstitch::rpc {

absl::StatusOr<Process> StartProcess(absl::string_view service, const ServerFlags& flags) {
  telemetry::StartLogging(std::string(service), flags.log_level);
  Process process;
  ASSIGN_OR_RETURN(process.tls, Tls::Open(flags.tls));
  ASSIGN_OR_RETURN(process.metrics,
                   telemetry::PrometheusMetrics::Serve(flags.metrics_listen, service));
  return process;
}

}  // namespace lockstitch::rpc

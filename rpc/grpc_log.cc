#include "rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "telemetry/log.h"

namespace lockstitch::rpc {
namespace {

using telemetry::LogSeverity;

// What it calls errors need not be ours: a peer can cause them.
void Write(gpr_log_func_args* line) {
  telemetry::Log(
      line->severity == GPR_LOG_SEVERITY_ERROR ? LogSeverity::kWarning : LogSeverity::kDebug,
      "gRPC", {{"text", line->message}});
}

}  // namespace

void KeepGrpcLog() { gpr_set_log_function(Write); }

}  // namespace lockstitch::rpc

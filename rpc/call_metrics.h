#ifndef LOCKSTITCH_RPC_CALL_METRICS_H_
#define LOCKSTITCH_RPC_CALL_METRICS_H_

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "telemetry/metrics.h"

namespace lockstitch::rpc {

// Counts and times the calls of a server under the usual grpc_server_* names. `metrics` must
// outlive the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallMetrics(
    telemetry::Metrics* metrics);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CALL_METRICS_H_

#ifndef LOCKSTITCH_RPC_CALL_METRICS_H_
#define LOCKSTITCH_RPC_CALL_METRICS_H_

#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <string>

#include "telemetry/metrics.h"

namespace lockstitch::rpc {

// Each counts and times calls under the names that are usual. `metrics` must outlive the server or
// the channel.

// grpc_server_*; and errors by their reason.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallMetrics(
    telemetry::Metrics* metrics);

// grpc_client_*.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> ClientCallMetrics(
    telemetry::Metrics* metrics);

// Has the series of every method of a service that was compiled in be there from the start.
void StartMethodsAtZero(const std::string& service, telemetry::Metrics* metrics);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CALL_METRICS_H_

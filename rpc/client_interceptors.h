#ifndef LOCKSTITCH_RPC_CLIENT_INTERCEPTORS_H_
#define LOCKSTITCH_RPC_CLIENT_INTERCEPTORS_H_

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <vector>

#include "telemetry/metrics.h"

namespace lockstitch::rpc {

// What every channel has: its calls carry their context, and are counted in `metrics` if there are
// any, which must outlive the channel.
std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
ClientInterceptors(telemetry::Metrics* metrics);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CLIENT_INTERCEPTORS_H_

#include "rpc/client_interceptors.h"

#include "rpc/call_context.h"
#include "rpc/call_metrics.h"

namespace lockstitch::rpc {

std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
ClientInterceptors(telemetry::Metrics* metrics) {
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(SendContext());
  if (metrics != nullptr) interceptors.push_back(ClientCallMetrics(metrics));
  return interceptors;
}

}  // namespace lockstitch::rpc

#include "rpc/channel.h"

#include <grpcpp/grpcpp.h>

#include "absl/time/clock.h"
#include "rpc/client_interceptors.h"
#include "rpc/keepalive.h"

namespace lockstitch::rpc {

Channel Connect(const std::string& target, telemetry::Metrics* metrics) {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A restarted service is found again within a second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Retries are ours: a call is repeated only where its contract says that it may be.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      target, grpc::InsecureChannelCredentials(), arguments, ClientInterceptors(metrics));
}

void AwaitConnection(const Channel& channel, absl::Duration limit) {
  channel->WaitForConnected(absl::ToChronoTime(absl::Now() + limit));
}

}  // namespace lockstitch::rpc

#include "rpc/channel.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_interceptor.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "rpc/client_interceptors.h"
#include "rpc/keepalive.h"

namespace lockstitch::rpc {
namespace {

namespace experimental = grpc::experimental;

// Adds who makes a call to its metadata, over TLS or not: gRPC's own call credentials refuse to
// speak through a proxy of the machine that does TLS itself.
class Authorization final : public experimental::Interceptor {
 public:
  explicit Authorization(std::string value) : value_(std::move(value)) {}

  void Intercept(experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA) &&
        !value_.empty()) {
      methods->GetSendInitialMetadata()->insert({"authorization", value_});
    }
    methods->Proceed();
  }

 private:
  const std::string value_;
};

class AuthorizationFactory final : public experimental::ClientInterceptorFactoryInterface {
 public:
  explicit AuthorizationFactory(std::function<std::string()> ask) : ask_(std::move(ask)) {}

  experimental::Interceptor* CreateClientInterceptor(experimental::ClientRpcInfo*) override {
    return new Authorization(ask_());
  }

 private:
  const std::function<std::string()> ask_;
};

}  // namespace

Channel Connect(const std::string& target, const ConnectOptions& options) {
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
  const bool secure = options.tls != nullptr;
  // Passwords and tokens of plaintext are for this machine's own services alone.
  if (!secure) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (secure && !options.server_name.empty())
    arguments.SetSslTargetNameOverride(options.server_name);
  auto interceptors = ClientInterceptors(options.metrics);
  if (options.authorization)
    interceptors.push_back(std::make_unique<AuthorizationFactory>(options.authorization));
  return experimental::CreateCustomChannelWithInterceptors(
      target, secure ? options.tls->ForChannels() : grpc::InsecureChannelCredentials(), arguments,
      std::move(interceptors));
}

void AwaitConnection(const Channel& channel, absl::Duration limit) {
  channel->WaitForConnected(absl::ToChronoTime(absl::Now() + limit));
}

}  // namespace lockstitch::rpc

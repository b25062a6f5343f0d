#include "rpc/call_metrics.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "rpc/status_conversion.h"
#include "status/reason.h"
#include "telemetry/error_count.h"

namespace lockstitch::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using telemetry::Metric;
using telemetry::Metrics;

constexpr int kLastCode = static_cast<int>(absl::StatusCode::kUnauthenticated);

// The metrics of one end.
struct Names {
  Metric started;
  Metric handled;
  Metric seconds;
  Metric received;
  Metric sent;
};
constexpr Names kServer = {Metric::kGrpcServerStarted, Metric::kGrpcServerHandled,
                           Metric::kGrpcServerHandlingSeconds, Metric::kGrpcServerMessagesReceived,
                           Metric::kGrpcServerMessagesSent};
constexpr Names kClient = {Metric::kGrpcClientStarted, Metric::kGrpcClientHandled,
                           Metric::kGrpcClientHandlingSeconds, Metric::kGrpcClientMessagesReceived,
                           Metric::kGrpcClientMessagesSent};

const char* TypeName(bool client_streams, bool server_streams) {
  if (client_streams) return server_streams ? "bidi_stream" : "client_stream";
  return server_streams ? "server_stream" : "unary";
}

// The values of grpc_type, grpc_service and grpc_method.
template <typename RpcInfo>
Metrics::Labels MethodOf(const RpcInfo& info) {
  using Type = typename RpcInfo::Type;
  const bool both = info.type() == Type::BIDI_STREAMING;
  Metrics::Labels labels = {TypeName(both || info.type() == Type::CLIENT_STREAMING,
                                     both || info.type() == Type::SERVER_STREAMING)};
  // "/lockstitch.v1.LoaderService/Load"
  for (const absl::string_view part :
       absl::StrSplit(absl::string_view(info.method()).substr(1), '/'))
    labels.emplace_back(part);
  return labels;
}

Metrics::Labels WithCode(Metrics::Labels method, absl::StatusCode code) {
  method.push_back(absl::StatusCodeToString(code));
  return method;
}

// One call, at either end.
class Count {
 public:
  Count(Metrics* metrics, const Names& names, Metrics::Labels method)
      : metrics_(metrics),
        names_(names),
        method_(std::move(method)),
        received_(metrics->AdderOf(names.received, method_)),
        sent_(metrics->AdderOf(names.sent, method_)) {
    metrics_->Add(names_.started, method_, 1);
  }

  // A call that its client gave up ends without a status.
  ~Count() { End(absl::StatusCode::kCancelled); }

  void Receive() { received_(1); }
  void Send() { sent_(1); }

  // The first one counts.
  void End(absl::StatusCode code) {
    if (std::exchange(ended_, true)) return;
    metrics_->Add(names_.handled, WithCode(method_, code), 1);
    metrics_->Observe(names_.seconds, method_, absl::ToDoubleSeconds(absl::Now() - start_));
  }

  const Metrics::Labels& method() const { return method_; }

 private:
  Metrics* const metrics_;
  const Names& names_;
  const Metrics::Labels method_;
  const Metrics::Adder received_;
  const Metrics::Adder sent_;
  const absl::Time start_ = absl::Now();
  bool ended_ = false;
};

class ServerCall final : public grpc::experimental::Interceptor {
 public:
  ServerCall(Metrics* metrics, Metrics::Labels method)
      : metrics_(metrics), count_(metrics, kServer, std::move(method)) {
    metrics_->Change(Metric::kGrpcServerCallsInFlight, count_.method(), 1);
  }
  ~ServerCall() override {
    metrics_->Change(Metric::kGrpcServerCallsInFlight, count_.method(), -1);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr)
      count_.Receive();
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE))
      count_.Send();
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const absl::Status status = FromGrpc(methods->GetSendStatus(), "the caller");
      telemetry::CountError(status, metrics_);
      count_.End(static_cast<absl::StatusCode>(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  Metrics* const metrics_;
  Count count_;
};

class ClientCall final : public grpc::experimental::Interceptor {
 public:
  ClientCall(Metrics* metrics, Metrics::Labels method)
      : count_(metrics, kClient, std::move(method)) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE))
      count_.Send();
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr)
      count_.Receive();
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS))
      count_.End(static_cast<absl::StatusCode>(methods->GetRecvStatus()->error_code()));
    methods->Proceed();
  }

 private:
  Count count_;
};

class ServerFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit ServerFactory(Metrics* metrics) : metrics_(metrics) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new ServerCall(metrics_, MethodOf(*info));
  }

 private:
  Metrics* metrics_;
};

class ClientFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit ClientFactory(Metrics* metrics) : metrics_(metrics) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* info) override {
    return new ClientCall(metrics_, MethodOf(*info));
  }

 private:
  Metrics* metrics_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallMetrics(
    Metrics* metrics) {
  return std::make_unique<ServerFactory>(metrics);
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> ClientCallMetrics(
    Metrics* metrics) {
  return std::make_unique<ClientFactory>(metrics);
}

void StartMethodsAtZero(const std::string& service, Metrics* metrics) {
  const auto* found =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
  for (int i = 0; found != nullptr && i < found->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *found->method(i);
    const Metrics::Labels labels = {TypeName(method.client_streaming(), method.server_streaming()),
                                    service, method.name()};
    for (const Metric metric : {kServer.started, kServer.seconds, kServer.received, kServer.sent,
                                Metric::kGrpcServerCallsInFlight})
      metrics->StartAtZero(metric, labels);
    for (int code = 0; code <= kLastCode; ++code)
      metrics->StartAtZero(kServer.handled, WithCode(labels, static_cast<absl::StatusCode>(code)));
  }
}

}  // namespace lockstitch::rpc

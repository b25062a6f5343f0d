#include "rpc/call_metrics.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace lockstitch::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using telemetry::Metric;

class Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(telemetry::Metrics* metrics, telemetry::Metrics::Labels method)
      : metrics_(metrics), method_(std::move(method)), start_(absl::Now()) {
    metrics_->Add(Metric::kGrpcServerStarted, method_, 1);
  }

  // A call that its client gave up ends without a status.
  ~Interceptor() override {
    if (!handled_) Handled(absl::StatusCode::kCancelled);
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr) {
      metrics_->Add(Metric::kGrpcServerMessagesReceived, method_, 1);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      metrics_->Add(Metric::kGrpcServerMessagesSent, method_, 1);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      Handled(static_cast<absl::StatusCode>(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  void Handled(absl::StatusCode code) {
    handled_ = true;
    telemetry::Metrics::Labels labels = method_;
    labels.push_back(absl::StatusCodeToString(code));
    metrics_->Add(Metric::kGrpcServerHandled, labels, 1);
    metrics_->Observe(Metric::kGrpcServerHandlingSeconds, method_,
                      absl::ToDoubleSeconds(absl::Now() - start_));
  }

  telemetry::Metrics* metrics_;
  telemetry::Metrics::Labels method_;
  absl::Time start_;
  bool handled_ = false;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(telemetry::Metrics* metrics) : metrics_(metrics) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    // "/lockstitch.v1.LoaderService/Load"
    return new Interceptor(metrics_,
                           absl::StrSplit(absl::string_view(info->method()).substr(1), '/'));
  }

 private:
  telemetry::Metrics* metrics_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallMetrics(
    telemetry::Metrics* metrics) {
  return std::make_unique<Factory>(metrics);
}

}  // namespace lockstitch::rpc

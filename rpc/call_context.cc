#include "rpc/call_context.h"

#include <grpcpp/grpcpp.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "telemetry/log.h"

namespace lockstitch::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using telemetry::CallContext;
using Headers = std::multimap<grpc::string_ref, grpc::string_ref>;

constexpr char kTraceParent[] = "traceparent";
constexpr char kBaggage[] = "baggage";

absl::string_view HeaderOf(const Headers& headers, const char* name) {
  const auto header = headers.find(name);
  if (header == headers.end()) return "";
  return absl::string_view(header->second.data(), header->second.size());
}

CallContext ContextIn(const Headers& headers) {
  return telemetry::ContextOf(HeaderOf(headers, kTraceParent), HeaderOf(headers, kBaggage));
}

class Sender final : public grpc::experimental::Interceptor {
 public:
  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      CallContext context = telemetry::CurrentContext();
      if (context.trace_id.empty()) context.trace_id = telemetry::NewTrace().trace_id;
      context.span_id = telemetry::NewSpanId();
      auto& headers = *methods->GetSendInitialMetadata();
      headers.emplace(kTraceParent, telemetry::TraceParentOf(context));
      const std::string baggage = telemetry::BaggageOf(context);
      if (!baggage.empty()) headers.emplace(kBaggage, baggage);
    }
    methods->Proceed();
  }
};

class SenderFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new Sender;
  }
};

class Receiver final : public grpc::experimental::Interceptor {
 public:
  explicit Receiver(const char* method) : method_(method), start_(absl::Now()) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA))
      Receive(*methods->GetRecvInitialMetadata());
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS))
      LogEnd(methods->GetSendStatus());
    methods->Proceed();
  }

 private:
  // Whoever reads the headers afterwards finds a trace in them.
  void Receive(Headers& headers) {
    context_ = ContextIn(headers);
    if (!context_.trace_id.empty()) return;
    const CallContext root = telemetry::NewTrace();
    context_.trace_id = root.trace_id;
    context_.span_id = root.span_id;
    given_ = telemetry::TraceParentOf(root);
    headers.erase(kTraceParent);
    headers.emplace(kTraceParent, given_);
  }

  void LogEnd(const grpc::Status& status) const {
    const telemetry::ContextScope scope(context_);
    telemetry::Log(
        telemetry::LogSeverity::kDebug, "call answered",
        {{"method", method_},
         {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()))},
         {"seconds", absl::StrCat(absl::ToDoubleSeconds(absl::Now() - start_))}});
  }

  const char* const method_;
  const absl::Time start_;
  CallContext context_;
  std::string given_;  // As long as the headers that refer to it.
};

class ReceiverFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new Receiver(info->method());
  }
};

// Before and after each method of the synchronous API, in the thread that runs it.
class ThreadScopes final : public grpc::Server::GlobalCallbacks {
 public:
  void PreSynchronousRequest(grpc::ServerContext* context) override {
    scope_.emplace(ContextOf(*context));
  }
  void PostSynchronousRequest(grpc::ServerContext*) override { scope_.reset(); }

 private:
  static thread_local std::optional<telemetry::ContextScope> scope_;
};

thread_local std::optional<telemetry::ContextScope> ThreadScopes::scope_;

// gRPC takes them once, before the process' first server is made.
const bool callbacks_are_set = [] {
  grpc::Server::SetGlobalCallbacks(new ThreadScopes);
  return true;
}();

}  // namespace

CallContext ContextOf(const grpc::ServerContextBase& context) {
  return ContextIn(context.client_metadata());
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> SendContext() {
  return std::make_unique<SenderFactory>();
}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> ReceiveContext() {
  return std::make_unique<ReceiverFactory>();
}

}  // namespace lockstitch::rpc

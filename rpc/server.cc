#include "rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_initializer.h>
#include <grpcpp/security/server_credentials.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "access/gate.h"
#include "rpc/admission.h"
#include "rpc/call_context.h"
#include "rpc/call_metrics.h"
#include "rpc/client_interceptors.h"
#include "rpc/grpc_log.h"
#include "rpc/health_server.h"
#include "rpc/keepalive.h"
#include "rpc/listen_address.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

// Connections are renewed now and then so that clients find new replicas; calls under way finish on
// the old one.
constexpr int kMaxConnectionAgeMs = 5 * 60 * 1000;

// Of synchronous calls that may wait for the next one: more than these end with their calls.
constexpr int kIdleThreads = 8;

// Calls to a local address are told from others by its credentials (see CallerOf). Where plaintext
// is asked for, a proxy may stand before that address.
std::shared_ptr<grpc::ServerCredentials> CredentialsFor(const Server::Options& options) {
  if (options.tls != nullptr) return options.tls->ForServer(options.client_certificates);
  if (options.plaintext || !IsLocal(options.listen)) return grpc::InsecureServerCredentials();
  const bool by_file = absl::StartsWith(options.listen, "unix:");
  return grpc::experimental::LocalServerCredentials(by_file ? UDS : LOCAL_TCP);
}

access::Gate* ForServices() {
  static auto& gate = *new access::Gate;
  return &gate;
}

// Has the series of the server's methods be there before their first call.
class MethodsAtZero final : public grpc::ServerBuilderPlugin {
 public:
  explicit MethodsAtZero(telemetry::Metrics* metrics) : metrics_(metrics) {}

  std::string name() override { return "methods_at_zero"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* server) override {
    for (const std::string& service : *server->GetServiceList())
      StartMethodsAtZero(service, metrics_);
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  telemetry::Metrics* metrics_;
};

// gRPC gives every server of the process the plugin of reflection; this takes it from one.
constexpr char kReflection[] = "proto_server_reflection";

class Plugins final : public grpc::ServerBuilderOption {
 public:
  Plugins(telemetry::Metrics* metrics, bool reflection)
      : metrics_(metrics), reflection_(reflection) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<MethodsAtZero>(metrics_));
    if (!reflection_)
      std::erase_if(*plugins, [](const auto& plugin) { return plugin->name() == kReflection; });
  }

 private:
  telemetry::Metrics* metrics_;
  const bool reflection_;
};

// Each call of reflection keeps a thread, and asks nobody: it is for callers of the machine, and
// those who can't come without a certificate.
bool HasReflection(const Server::Options& options) {
  if (options.tls != nullptr) return options.client_certificates == ClientCertificates::kRequired;
  return !options.plaintext;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  KeepGrpcLog();
  grpc::EnableDefaultHealthCheckService(true);
  static const bool reflection = [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(reflection);

  grpc::ServerBuilder builder;
  int port = 0;
  if (!options.listen.empty()) {
    const bool anywhere = options.tls != nullptr || options.plaintext;
    RETURN_IF_ERROR(CheckListenAddress("grpc", options.listen,
                                       anywhere ? Reach::kEverywhere : Reach::kMachine));
    builder.AddListeningPort(options.listen, CredentialsFor(options), &port);
    // Two servers at one port would share its calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  }
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kKeepaliveTimeMs / 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kMaxConnectionAgeMs);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxConcurrentStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kIdleThreads);
  for (const auto& service : options.services) builder.RegisterService(service.get());
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(ReceiveContext());
  interceptors.push_back(CallMetrics(options.metrics));
  interceptors.push_back(Admission(options.gate == nullptr ? ForServices() : options.gate));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  builder.SetOption(std::make_unique<Plugins>(options.metrics, HasReflection(options)));

  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const bool by_port = !options.listen.empty() && !absl::StartsWith(options.listen, "unix:");
  if (server == nullptr || (by_port && port == 0)) {
    return Error(Reason::kListenAddressRefused, absl::StrCat("can't listen on ", options.listen),
                 "Choose an address that no other process listens on.");
  }
  std::string address = options.listen;
  if (by_port)
    address = absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  return std::unique_ptr<Server>(new Server(std::move(server), options, std::move(address)));
}

Server::Server(std::unique_ptr<grpc::Server> server, const Options& options, std::string address)
    : metrics_(options.metrics),
      services_(options.services),
      server_(std::move(server)),
      address_(std::move(address)) {
  SetReady(true);
}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

Channel Server::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  return server_->experimental().InProcessChannelWithInterceptors(arguments,
                                                                  ClientInterceptors(metrics_));
}

void Server::SetAlive(bool alive) { server_->GetHealthCheckService()->SetServingStatus("", alive); }

void Server::SetReady(bool ready) {
  server_->GetHealthCheckService()->SetServingStatus(kReadiness, ready);
}

void Server::Shutdown(absl::Duration grace) {
  if (server_ == nullptr) return;
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  server_->Wait();
  server_.reset();
}

}  // namespace lockstitch::rpc

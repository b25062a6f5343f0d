#include "rpc/health_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

// Reflection is in every server of a program that links it, unless it is taken out.
class WithoutPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<HealthServer>> HealthServer::Start(const std::string& listen) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.SetOption(std::make_unique<WithoutPlugins>());
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  auto others = std::make_unique<grpc::CallbackGenericService>();
  builder.RegisterCallbackGenericService(others.get());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return Error(Reason::kListenAddressRefused, absl::StrCat("can't serve health at ", listen),
                 "Choose another --health-listen=HOST:PORT.");
  }
  return std::unique_ptr<HealthServer>(
      new HealthServer(std::move(others), std::move(server), port));
}

HealthServer::HealthServer(std::unique_ptr<grpc::CallbackGenericService> others,
                           std::unique_ptr<grpc::Server> server, int port)
    : others_(std::move(others)), server_(std::move(server)), port_(port) {
  SetReady(false);
}

HealthServer::~HealthServer() {
  // Who watches still hears of it.
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  server_->Wait();
}

void HealthServer::SetAlive(bool alive) {
  server_->GetHealthCheckService()->SetServingStatus("", alive);
}

void HealthServer::SetReady(bool ready) {
  server_->GetHealthCheckService()->SetServingStatus(kReadiness, ready);
}

}  // namespace lockstitch::rpc

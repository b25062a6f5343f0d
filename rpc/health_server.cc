#include "rpc/health_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::rpc {

absl::StatusOr<std::unique_ptr<HealthServer>> HealthServer::Start(const std::string& listen) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return Error(Reason::kListenAddressRefused, absl::StrCat("can't serve health at ", listen),
                 "Choose another --health-listen=HOST:PORT.");
  }
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(server), port));
}

HealthServer::HealthServer(std::unique_ptr<grpc::Server> server, int port)
    : server_(std::move(server)), port_(port) {
  SetReady(false);
}

HealthServer::~HealthServer() {
  // Who watches still hears of it.
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  server_->Wait();
}

void HealthServer::SetReady(bool ready) {
  server_->GetHealthCheckService()->SetServingStatus(kReadiness, ready);
}

}  // namespace lockstitch::rpc

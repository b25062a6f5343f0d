#include "services/loader/loader_client.h"

#include <utility>

#include "lockstitch/v1/loader.grpc.pb.h"
#include "rpc/grpc_stream.h"
#include "rpc/unary_call.h"

namespace lockstitch::loader {

using Service = v1::LoaderService::Stub;

struct LoaderClient::Stub {
  explicit Stub(const rpc::Channel& channel) : service(channel) {}
  v1::LoaderService::Stub service;
};

LoaderClient::LoaderClient(rpc::Channel channel, std::string name)
    : stub_(std::make_unique<Stub>(channel)), name_(std::move(name)) {}

LoaderClient::~LoaderClient() = default;

absl::StatusOr<v1::ReserveRunResponse> LoaderClient::ReserveRun(
    const v1::ReserveRunRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::ReserveRun, request);
}

absl::StatusOr<v1::BeginLoadResponse> LoaderClient::BeginLoad(
    const v1::BeginLoadRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::BeginLoad, request);
}

std::unique_ptr<LoaderClient::LoadStream> LoaderClient::Load() const {
  return std::make_unique<rpc::GrpcClientStream<v1::LoadRequest, v1::LoadResponse>>(
      name_, [this](grpc::ClientContext* context) { return stub_->service.Load(context); });
}

absl::StatusOr<v1::FinishLoadResponse> LoaderClient::FinishLoad(
    const v1::FinishLoadRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::FinishLoad, request);
}

absl::StatusOr<v1::AbortLoadResponse> LoaderClient::AbortLoad(
    const v1::AbortLoadRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::AbortLoad, request);
}

absl::StatusOr<v1::GetStateResponse> LoaderClient::GetState(
    const v1::GetStateRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::GetState, request);
}

absl::StatusOr<v1::CheckDestinationResponse> LoaderClient::CheckDestination(
    const v1::CheckDestinationRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::CheckDestination, request);
}

}  // namespace lockstitch::loader

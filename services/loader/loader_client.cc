#include "services/loader/loader_client.h"

#include <utility>

#include "lockstitch/v1/loader.grpc.pb.h"
#include "rpc/grpc_stream.h"
#include "rpc/unary_call.h"

namespace lockstitch::loader {

struct LoaderClient::Stub : v1::LoaderService::Stub {
  using v1::LoaderService::Stub::Stub;
};

LoaderClient::LoaderClient(rpc::Channel channel, std::string name)
    : stub_(std::make_unique<Stub>(channel)), name_(std::move(name)) {}

LoaderClient::~LoaderClient() = default;

absl::StatusOr<v1::ReserveRunResponse> LoaderClient::ReserveRun(
    const v1::ReserveRunRequest& request) const {
  return rpc::Call(name_, *stub_, &Stub::ReserveRun, request);
}

absl::StatusOr<v1::BeginLoadResponse> LoaderClient::BeginLoad(
    const v1::BeginLoadRequest& request) const {
  return rpc::Call(name_, *stub_, &Stub::BeginLoad, request);
}

std::unique_ptr<LoaderClient::LoadStream> LoaderClient::Load() const {
  return std::make_unique<rpc::GrpcClientStream<v1::LoadRequest, v1::LoadResponse>>(
      name_, [this](grpc::ClientContext* context) { return stub_->Load(context); });
}

absl::StatusOr<v1::FinishLoadResponse> LoaderClient::FinishLoad(
    const v1::FinishLoadRequest& request) const {
  return rpc::Call(name_, *stub_, &Stub::FinishLoad, request);
}

absl::StatusOr<v1::AbortLoadResponse> LoaderClient::AbortLoad(
    const v1::AbortLoadRequest& request) const {
  return rpc::Call(name_, *stub_, &Stub::AbortLoad, request);
}

absl::StatusOr<v1::GetStateResponse> LoaderClient::GetState(
    const v1::GetStateRequest& request) const {
  return rpc::Call(name_, *stub_, &Stub::GetState, request);
}

absl::StatusOr<v1::CheckDestinationResponse> LoaderClient::CheckDestination(
    const v1::CheckDestinationRequest& request) const {
  return rpc::Call(name_, *stub_, &Stub::CheckDestination, request);
}

}  // namespace lockstitch::loader

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
    const v1::ReserveRunRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stub_->service, &Service::ReserveRun, request, {.stop = stop});
}

absl::StatusOr<v1::BeginLoadResponse> LoaderClient::BeginLoad(const v1::BeginLoadRequest& request,
                                                              std::stop_token stop) const {
  return rpc::Call(name_, stub_->service, &Service::BeginLoad, request,
                   // It may alter a table.
                   {.deadline = rpc::kLongDeadline, .stop = stop});
}

std::unique_ptr<LoaderClient::LoadStream> LoaderClient::Load() const {
  return std::make_unique<rpc::GrpcClientStream<v1::LoadRequest, v1::LoadResponse>>(
      name_, [this](grpc::ClientContext* context) { return stub_->service.Load(context); });
}

absl::StatusOr<v1::FinishLoadResponse> LoaderClient::FinishLoad(
    const v1::FinishLoadRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stub_->service, &Service::FinishLoad, request,
                   // It builds keys.
                   {.deadline = rpc::kLongDeadline, .stop = stop});
}

absl::StatusOr<v1::AbortLoadResponse> LoaderClient::AbortLoad(
    const v1::AbortLoadRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::AbortLoad, request, {});
}

absl::StatusOr<v1::GetStateResponse> LoaderClient::GetState(
    const v1::GetStateRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::GetState, request, {});
}

absl::StatusOr<v1::RegisterStreamsResponse> LoaderClient::RegisterStreams(
    const v1::RegisterStreamsRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::RegisterStreams, request, {});
}

absl::StatusOr<v1::SweepResponse> LoaderClient::Sweep(const v1::SweepRequest& request,
                                                      std::stop_token stop) const {
  return rpc::Call(name_, stub_->service, &Service::Sweep, request,
                   {.deadline = rpc::kLongDeadline, .stop = stop});
}

absl::StatusOr<v1::PreviewLoadsResponse> LoaderClient::PreviewLoads(
    const v1::PreviewLoadsRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::PreviewLoads, request, {});
}

absl::StatusOr<v1::ForgetIntegrationResponse> LoaderClient::ForgetIntegration(
    const v1::ForgetIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stub_->service, &Service::ForgetIntegration, request,
                   {.deadline = rpc::kLongDeadline, .stop = stop});
}

absl::StatusOr<v1::CheckDestinationResponse> LoaderClient::CheckDestination(
    const v1::CheckDestinationRequest& request) const {
  return rpc::Call(name_, stub_->service, &Service::CheckDestination, request, {});
}

}  // namespace lockstitch::loader

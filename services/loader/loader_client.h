#ifndef LOCKSTITCH_SERVICES_LOADER_LOADER_CLIENT_H_
#define LOCKSTITCH_SERVICES_LOADER_LOADER_CLIENT_H_

#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "rpc/channel.h"
#include "rpc/stream.h"

namespace lockstitch::loader {

// Calls a loader. Thread-safe. Nothing is retried here: each call's contract tells who may repeat
// it.
class LoaderClient {
 public:
  using LoadStream = rpc::ClientStream<v1::LoadRequest, v1::LoadResponse>;

  // `name` stands for the loader in errors, for example "loader at 127.0.0.1:7403".
  LoaderClient(rpc::Channel channel, std::string name);
  ~LoaderClient();

  absl::StatusOr<v1::ReserveRunResponse> ReserveRun(const v1::ReserveRunRequest& request,
                                                    std::stop_token stop = {}) const;
  absl::StatusOr<v1::BeginLoadResponse> BeginLoad(const v1::BeginLoadRequest& request,
                                                  std::stop_token stop = {}) const;
  std::unique_ptr<LoadStream> Load() const;
  absl::StatusOr<v1::FinishLoadResponse> FinishLoad(const v1::FinishLoadRequest& request,
                                                    std::stop_token stop = {}) const;
  absl::StatusOr<v1::AbortLoadResponse> AbortLoad(const v1::AbortLoadRequest& request) const;
  absl::StatusOr<v1::GetStateResponse> GetState(const v1::GetStateRequest& request) const;
  absl::StatusOr<v1::RegisterStreamsResponse> RegisterStreams(
      const v1::RegisterStreamsRequest& request) const;
  absl::StatusOr<v1::SweepResponse> Sweep(const v1::SweepRequest& request,
                                          std::stop_token stop = {}) const;
  absl::StatusOr<v1::PreviewLoadsResponse> PreviewLoads(
      const v1::PreviewLoadsRequest& request) const;
  absl::StatusOr<v1::ForgetIntegrationResponse> ForgetIntegration(
      const v1::ForgetIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::CheckDestinationResponse> CheckDestination(
      const v1::CheckDestinationRequest& request) const;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
  std::string name_;
};

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_LOADER_CLIENT_H_

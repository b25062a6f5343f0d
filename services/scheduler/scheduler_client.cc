#include "services/scheduler/scheduler_client.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "lockstitch/v1/scheduler.grpc.pb.h"
#include "rpc/status_conversion.h"
#include "rpc/unary_call.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {

struct SchedulerClient::Stub {
  explicit Stub(const rpc::Channel& channel) : service(channel) {}
  v1::SchedulerService::Stub service;
};

SchedulerClient::SchedulerClient(rpc::Channel channel, std::string name)
    : stub_(std::make_unique<Stub>(channel)), name_(std::move(name)) {}

SchedulerClient::~SchedulerClient() = default;

absl::Status SchedulerClient::RunOnce(const v1::RunOnceRequest& request,
                                      const std::function<void(const v1::JobEvent&)>& listener,
                                      std::stop_token stop) const {
  grpc::ClientContext context;
  const auto reader = stub_->service.RunOnce(&context, request);
  const std::stop_callback on_stop(stop, [&] { context.TryCancel(); });
  v1::RunOnceResponse response;
  while (reader->Read(&response)) listener(response.event());
  const absl::Status status = rpc::FromGrpc(reader->Finish(), name_);
  if (!status.ok() && stop.stop_requested()) return Error(Reason::kStopped, "the job was stopped");
  return status;
}

absl::Status SchedulerClient::Verify(const v1::VerifyRequest& request,
                                     const std::function<void(const v1::VerifyResponse&)>& listener,
                                     std::stop_token stop) const {
  grpc::ClientContext context;
  const auto reader = stub_->service.Verify(&context, request);
  const std::stop_callback on_stop(stop, [&] { context.TryCancel(); });
  v1::VerifyResponse response;
  while (reader->Read(&response)) listener(response);
  const absl::Status status = rpc::FromGrpc(reader->Finish(), name_);
  if (!status.ok() && stop.stop_requested())
    return Error(Reason::kStopped, "the comparison was stopped");
  return status;
}

absl::StatusOr<v1::ValidateIntegrationResponse> SchedulerClient::ValidateIntegration(
    const v1::Integration& integration) const {
  v1::ValidateIntegrationRequest request;
  *request.mutable_integration() = integration;
  return rpc::Call(name_, stub_->service, &v1::SchedulerService::Stub::ValidateIntegration, request,
                   {});
}

absl::StatusOr<v1::ForgottenIntegration> SchedulerClient::ForgetIntegration(
    const v1::SchedulerServiceForgetIntegrationRequest& request, std::stop_token stop) const {
  ASSIGN_OR_RETURN(v1::SchedulerServiceForgetIntegrationResponse response,
                   rpc::Call(name_, stub_->service, &v1::SchedulerService::Stub::ForgetIntegration,
                             request, {.deadline = rpc::kLongDeadline, .stop = stop}));
  return std::move(*response.mutable_forgotten());
}

}  // namespace lockstitch::scheduler

#include "services/scheduler/control/control_client.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "lockstitch/v1/access.grpc.pb.h"
#include "lockstitch/v1/control.grpc.pb.h"
#include "rpc/status_conversion.h"
#include "rpc/unary_call.h"
#include "status/reason.h"

namespace lockstitch::scheduler {

struct ControlClient::Stubs {
  explicit Stubs(const rpc::Channel& channel)
      : integrations(channel), jobs(channel), reports(channel), access(channel) {}
  v1::IntegrationService::Stub integrations;
  v1::JobService::Stub jobs;
  v1::ReportService::Stub reports;
  v1::AccessService::Stub access;
};

ControlClient::ControlClient(rpc::Channel channel, std::string name)
    : stubs_(std::make_unique<Stubs>(channel)), name_(std::move(name)) {}

ControlClient::~ControlClient() = default;

absl::Status ControlClient::WatchJob(const v1::WatchJobRequest& request,
                                     const std::function<void(const v1::JobEvent&)>& listener,
                                     std::stop_token stop) const {
  grpc::ClientContext context;
  const auto reader = stubs_->jobs.WatchJob(&context, request);
  const std::stop_callback on_stop(stop, [&] { context.TryCancel(); });
  v1::WatchJobResponse response;
  while (reader->Read(&response)) listener(response.event());
  const absl::Status status = rpc::FromGrpc(reader->Finish(), name_);
  if (!status.ok() && stop.stop_requested())
    return Error(Reason::kStopped, "the job is watched no more");
  return status;
}

absl::StatusOr<v1::CreateIntegrationResponse> ControlClient::CreateIntegration(
    const v1::CreateIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::CreateIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::GetIntegrationResponse> ControlClient::GetIntegration(
    const v1::GetIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::GetIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::ListIntegrationsResponse> ControlClient::ListIntegrations(
    const v1::ListIntegrationsRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::ListIntegrations,
                   request, {.stop = stop});
}

absl::StatusOr<v1::UpdateIntegrationResponse> ControlClient::UpdateIntegration(
    const v1::UpdateIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::UpdateIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::DeleteIntegrationResponse> ControlClient::DeleteIntegration(
    const v1::DeleteIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::DeleteIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::CheckIntegrationResponse> ControlClient::CheckIntegration(
    const v1::CheckIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::CheckIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::PauseIntegrationResponse> ControlClient::PauseIntegration(
    const v1::PauseIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::PauseIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::ResumeIntegrationResponse> ControlClient::ResumeIntegration(
    const v1::ResumeIntegrationRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::ResumeIntegration,
                   request, {.stop = stop});
}

absl::StatusOr<v1::ListStreamsResponse> ControlClient::ListStreams(
    const v1::ListStreamsRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::ListStreams, request,
                   {.stop = stop});
}

absl::StatusOr<v1::UpdateStreamsResponse> ControlClient::UpdateStreams(
    const v1::UpdateStreamsRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::UpdateStreams,
                   request, {.stop = stop});
}

absl::StatusOr<v1::ResetStreamsResponse> ControlClient::ResetStreams(
    const v1::ResetStreamsRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::ResetStreams,
                   request, {.stop = stop});
}

absl::StatusOr<v1::GetBookmarkResponse> ControlClient::GetBookmark(
    const v1::GetBookmarkRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::GetBookmark, request,
                   {.stop = stop});
}

absl::StatusOr<v1::SetBookmarkResponse> ControlClient::SetBookmark(
    const v1::SetBookmarkRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::SetBookmark, request,
                   {.stop = stop});
}

absl::StatusOr<v1::PreviewScheduleResponse> ControlClient::PreviewSchedule(
    const v1::PreviewScheduleRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->integrations, &v1::IntegrationService::Stub::PreviewSchedule,
                   request, {.stop = stop});
}

absl::StatusOr<v1::RunJobResponse> ControlClient::RunJob(const v1::RunJobRequest& request,
                                                         std::stop_token stop) const {
  return rpc::Call(name_, stubs_->jobs, &v1::JobService::Stub::RunJob, request, {.stop = stop});
}

absl::StatusOr<v1::StopJobResponse> ControlClient::StopJob(const v1::StopJobRequest& request,
                                                           std::stop_token stop) const {
  return rpc::Call(name_, stubs_->jobs, &v1::JobService::Stub::StopJob, request, {.stop = stop});
}

absl::StatusOr<v1::GetJobResponse> ControlClient::GetJob(const v1::GetJobRequest& request,
                                                         std::stop_token stop) const {
  return rpc::Call(name_, stubs_->jobs, &v1::JobService::Stub::GetJob, request, {.stop = stop});
}

absl::StatusOr<v1::ListJobsResponse> ControlClient::ListJobs(const v1::ListJobsRequest& request,
                                                             std::stop_token stop) const {
  return rpc::Call(name_, stubs_->jobs, &v1::JobService::Stub::ListJobs, request, {.stop = stop});
}

absl::StatusOr<v1::ListLogEntriesResponse> ControlClient::ListLogEntries(
    const v1::ListLogEntriesRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->jobs, &v1::JobService::Stub::ListLogEntries, request,
                   {.stop = stop});
}

absl::StatusOr<v1::ListLoadReportsResponse> ControlClient::ListLoadReports(
    const v1::ListLoadReportsRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->reports, &v1::ReportService::Stub::ListLoadReports, request,
                   {.stop = stop});
}

absl::StatusOr<v1::ListUsageResponse> ControlClient::ListUsage(const v1::ListUsageRequest& request,
                                                               std::stop_token stop) const {
  return rpc::Call(name_, stubs_->reports, &v1::ReportService::Stub::ListUsage, request,
                   {.stop = stop});
}

absl::StatusOr<v1::ListSkippedSlotsResponse> ControlClient::ListSkippedSlots(
    const v1::ListSkippedSlotsRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->reports, &v1::ReportService::Stub::ListSkippedSlots, request,
                   {.stop = stop});
}

absl::StatusOr<v1::CreateTokenResponse> ControlClient::CreateToken(
    const v1::CreateTokenRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->access, &v1::AccessService::Stub::CreateToken, request,
                   {.stop = stop});
}

absl::StatusOr<v1::ListTokensResponse> ControlClient::ListTokens(
    const v1::ListTokensRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->access, &v1::AccessService::Stub::ListTokens, request,
                   {.stop = stop});
}

absl::StatusOr<v1::RevokeTokenResponse> ControlClient::RevokeToken(
    const v1::RevokeTokenRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->access, &v1::AccessService::Stub::RevokeToken, request,
                   {.stop = stop});
}

absl::StatusOr<v1::ListAuditEntriesResponse> ControlClient::ListAuditEntries(
    const v1::ListAuditEntriesRequest& request, std::stop_token stop) const {
  return rpc::Call(name_, stubs_->access, &v1::AccessService::Stub::ListAuditEntries, request,
                   {.stop = stop});
}

}  // namespace lockstitch::scheduler

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_CLIENT_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_CLIENT_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/access.pb.h"
#include "lockstitch/v1/control.pb.h"
#include "rpc/channel.h"

namespace lockstitch::scheduler {

// Calls what a scheduler with a catalog serves. Each call is the RPC of its name; a stop request
// ends it with STOPPED. Thread-safe.
class ControlClient {
 public:
  // `name` stands for the scheduler in errors.
  ControlClient(rpc::Channel channel, std::string name);
  ~ControlClient();

  absl::StatusOr<v1::CreateIntegrationResponse> CreateIntegration(
      const v1::CreateIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::GetIntegrationResponse> GetIntegration(
      const v1::GetIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListIntegrationsResponse> ListIntegrations(
      const v1::ListIntegrationsRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::UpdateIntegrationResponse> UpdateIntegration(
      const v1::UpdateIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::DeleteIntegrationResponse> DeleteIntegration(
      const v1::DeleteIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::CheckIntegrationResponse> CheckIntegration(
      const v1::CheckIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::PauseIntegrationResponse> PauseIntegration(
      const v1::PauseIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::ResumeIntegrationResponse> ResumeIntegration(
      const v1::ResumeIntegrationRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListStreamsResponse> ListStreams(const v1::ListStreamsRequest& request,
                                                      std::stop_token stop = {}) const;
  absl::StatusOr<v1::UpdateStreamsResponse> UpdateStreams(const v1::UpdateStreamsRequest& request,
                                                          std::stop_token stop = {}) const;
  absl::StatusOr<v1::ResetStreamsResponse> ResetStreams(const v1::ResetStreamsRequest& request,
                                                        std::stop_token stop = {}) const;
  absl::StatusOr<v1::GetBookmarkResponse> GetBookmark(const v1::GetBookmarkRequest& request,
                                                      std::stop_token stop = {}) const;
  absl::StatusOr<v1::SetBookmarkResponse> SetBookmark(const v1::SetBookmarkRequest& request,
                                                      std::stop_token stop = {}) const;
  absl::StatusOr<v1::PreviewScheduleResponse> PreviewSchedule(
      const v1::PreviewScheduleRequest& request, std::stop_token stop = {}) const;

  absl::StatusOr<v1::RunJobResponse> RunJob(const v1::RunJobRequest& request,
                                            std::stop_token stop = {}) const;
  absl::StatusOr<v1::StopJobResponse> StopJob(const v1::StopJobRequest& request,
                                              std::stop_token stop = {}) const;
  absl::StatusOr<v1::GetJobResponse> GetJob(const v1::GetJobRequest& request,
                                            std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request,
                                                std::stop_token stop = {}) const;
  // Hands each event to `listener`, in the caller's thread.
  absl::Status WatchJob(const v1::WatchJobRequest& request,
                        const std::function<void(const v1::JobEvent&)>& listener,
                        std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListLogEntriesResponse> ListLogEntries(
      const v1::ListLogEntriesRequest& request, std::stop_token stop = {}) const;

  absl::StatusOr<v1::ListLoadReportsResponse> ListLoadReports(
      const v1::ListLoadReportsRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListUsageResponse> ListUsage(const v1::ListUsageRequest& request,
                                                  std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListSkippedSlotsResponse> ListSkippedSlots(
      const v1::ListSkippedSlotsRequest& request, std::stop_token stop = {}) const;
  absl::StatusOr<v1::CreateTokenResponse> CreateToken(const v1::CreateTokenRequest& request,
                                                      std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListTokensResponse> ListTokens(const v1::ListTokensRequest& request,
                                                    std::stop_token stop = {}) const;
  absl::StatusOr<v1::RevokeTokenResponse> RevokeToken(const v1::RevokeTokenRequest& request,
                                                      std::stop_token stop = {}) const;
  absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(
      const v1::ListAuditEntriesRequest& request, std::stop_token stop = {}) const;

 private:
  struct Stubs;
  std::unique_ptr<Stubs> stubs_;
  std::string name_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_CLIENT_H_

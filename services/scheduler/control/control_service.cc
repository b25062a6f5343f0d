#include "services/scheduler/control/control_service.h"

#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "lockstitch/v1/access.grpc.pb.h"
#include "lockstitch/v1/control.grpc.pb.h"
#include "rpc/admission.h"
#include "rpc/call_context.h"
#include "rpc/queued_reactor.h"
#include "rpc/status_conversion.h"
#include "rpc/timestamp.h"
#include "services/scheduler/schedule/slot_preview.h"
#include "status/macros.h"
#include "telemetry/call_context.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kPreviewedSlots = 10;
// Events of a watched job that may wait for their caller.
constexpr size_t kQueued = 1'000;
constexpr absl::Duration kSendDeadline = absl::Minutes(5);

template <typename Response>
grpc::Status Answer(absl::StatusOr<Response> answer, Response* response) {
  if (!answer.ok()) return rpc::ToGrpc(answer.status());
  *response = *std::move(answer);
  return grpc::Status::OK;
}

absl::StatusOr<v1::PreviewScheduleResponse> Preview(const v1::PreviewScheduleRequest& request) {
  ASSIGN_OR_RETURN(const Rule rule, RuleOf(request.schedule()));
  const absl::Time from = request.has_from() ? rpc::FromTimestamp(request.from()) : absl::Now();
  const int count = request.count() == 0 ? kPreviewedSlots : request.count();
  ASSIGN_OR_RETURN(const std::vector<PreviewedSlot> slots, PreviewSlots(rule, from, count));
  v1::PreviewScheduleResponse response;
  for (const PreviewedSlot& slot : slots) {
    v1::PreviewedSlot& previewed = *response.add_slots();
    *previewed.mutable_time() = rpc::ToTimestamp(slot.time);
    previewed.set_reason(slot.reason);
  }
  return response;
}

class IntegrationService final : public v1::IntegrationService::Service {
 public:
  explicit IntegrationService(const Control* control) : control_(control) {}

  grpc::Status CreateIntegration(grpc::ServerContext* context,
                                 const v1::CreateIntegrationRequest* request,
                                 v1::CreateIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().Create(*request), response);
  }
  grpc::Status GetIntegration(grpc::ServerContext* context,
                              const v1::GetIntegrationRequest* request,
                              v1::GetIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().Get(request->name()), response->mutable_integration());
  }
  grpc::Status ListIntegrations(grpc::ServerContext* context,
                                const v1::ListIntegrationsRequest* request,
                                v1::ListIntegrationsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().List(*request), response);
  }
  grpc::Status UpdateIntegration(grpc::ServerContext* context,
                                 const v1::UpdateIntegrationRequest* request,
                                 v1::UpdateIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().Update(*request), response);
  }
  grpc::Status DeleteIntegration(grpc::ServerContext* context,
                                 const v1::DeleteIntegrationRequest* request,
                                 v1::DeleteIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    const auto cancelled = [context] { return context->IsCancelled(); };
    return Answer(control_->integrations().Delete(*request, cancelled, control_->stopped()),
                  response->mutable_forgotten());
  }
  grpc::Status CheckIntegration(grpc::ServerContext* context,
                                const v1::CheckIntegrationRequest* request,
                                v1::CheckIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().Check(request->name()), response);
  }
  grpc::Status PauseIntegration(grpc::ServerContext* context,
                                const v1::PauseIntegrationRequest* request,
                                v1::PauseIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().SetPaused(request->name(), true),
                  response->mutable_integration());
  }
  grpc::Status ResumeIntegration(grpc::ServerContext* context,
                                 const v1::ResumeIntegrationRequest* request,
                                 v1::ResumeIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->integrations().SetPaused(request->name(), false),
                  response->mutable_integration());
  }
  grpc::Status ListStreams(grpc::ServerContext* context, const v1::ListStreamsRequest* request,
                           v1::ListStreamsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->streams().List(*request), response);
  }
  grpc::Status UpdateStreams(grpc::ServerContext* context, const v1::UpdateStreamsRequest* request,
                             v1::UpdateStreamsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->streams().Update(*request), response);
  }
  grpc::Status ResetStreams(grpc::ServerContext* context, const v1::ResetStreamsRequest* request,
                            v1::ResetStreamsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->streams().Reset(*request), response->mutable_integration());
  }
  grpc::Status GetBookmark(grpc::ServerContext* context, const v1::GetBookmarkRequest* request,
                           v1::GetBookmarkResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->streams().GetBookmark(request->name()), response->mutable_bookmark());
  }
  grpc::Status SetBookmark(grpc::ServerContext* context, const v1::SetBookmarkRequest* request,
                           v1::SetBookmarkResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->streams().SetBookmark(*request), response->mutable_integration());
  }
  grpc::Status PreviewSchedule(grpc::ServerContext* context,
                               const v1::PreviewScheduleRequest* request,
                               v1::PreviewScheduleResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(Preview(*request), response);
  }

 private:
  const Control* control_;
};

// A WatchJob call; looking has a thread of its own.
class Watch final : public rpc::QueuedReactor<grpc::ServerWriteReactor<v1::WatchJobResponse>,
                                              v1::WatchJobResponse> {
 public:
  static Watch* Start(const Control* control, const std::string& name) {
    const auto call = std::make_shared<Watch>();
    call->KeepAlive();
    std::thread(telemetry::InContext([call, control, name] {
      std::stop_source either;
      const std::stop_callback by_caller(call->stop().get_token(), [&] { either.request_stop(); });
      const std::stop_callback by_process(control->stopped(), [&] { either.request_stop(); });
      const auto listener = [&](const v1::JobEvent& event) {
        v1::WatchJobResponse response;
        *response.mutable_event() = event;
        return call->SendWithin(kQueued, kSendDeadline, std::move(response));
      };
      call->End(control->jobs().Watch(name, listener, either.get_token()));
    })).detach();
    return call.get();
  }
};

class JobService final
    : public v1::JobService::WithCallbackMethod_WatchJob<v1::JobService::Service> {
 public:
  explicit JobService(const Control* control) : control_(control) {}

  grpc::Status RunJob(grpc::ServerContext* context, const v1::RunJobRequest* request,
                      v1::RunJobResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->jobs().Run(*request), response);
  }
  grpc::Status StopJob(grpc::ServerContext* context, const v1::StopJobRequest* request,
                       v1::StopJobResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->jobs().Stop(request->name()), response->mutable_job());
  }
  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::GetJobResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->jobs().Get(request->name()), response);
  }
  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->jobs().List(*request), response);
  }
  grpc::ServerWriteReactor<v1::WatchJobResponse>* WatchJob(
      grpc::CallbackServerContext* context, const v1::WatchJobRequest* request) override {
    const telemetry::ContextScope scope(rpc::ContextOf(*context));
    RETURN_IF_REFUSED(context);
    return Watch::Start(control_, request->name());
  }
  grpc::Status ListLogEntries(grpc::ServerContext* context,
                              const v1::ListLogEntriesRequest* request,
                              v1::ListLogEntriesResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->jobs().ListLogEntries(*request), response);
  }

 private:
  const Control* control_;
};

class ReportService final : public v1::ReportService::Service {
 public:
  explicit ReportService(const Control* control) : control_(control) {}

  grpc::Status ListLoadReports(grpc::ServerContext* context,
                               const v1::ListLoadReportsRequest* request,
                               v1::ListLoadReportsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->reports().ListLoadReports(*request), response);
  }
  grpc::Status ListUsage(grpc::ServerContext* context, const v1::ListUsageRequest* request,
                         v1::ListUsageResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->reports().ListUsage(*request), response);
  }
  grpc::Status ListSkippedSlots(grpc::ServerContext* context,
                                const v1::ListSkippedSlotsRequest* request,
                                v1::ListSkippedSlotsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->reports().ListSkippedSlots(*request), response);
  }

 private:
  const Control* control_;
};

class AccessService final : public v1::AccessService::Service {
 public:
  explicit AccessService(const Control* control) : control_(control) {}

  grpc::Status CreateToken(grpc::ServerContext* context, const v1::CreateTokenRequest* request,
                           v1::CreateTokenResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->tokens().Create(*request), response);
  }
  grpc::Status ListTokens(grpc::ServerContext* context, const v1::ListTokensRequest* request,
                          v1::ListTokensResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->tokens().List(*request), response);
  }
  grpc::Status RevokeToken(grpc::ServerContext* context, const v1::RevokeTokenRequest* request,
                           v1::RevokeTokenResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->tokens().Revoke(request->name()), response->mutable_token());
  }
  grpc::Status ListAuditEntries(grpc::ServerContext* context,
                                const v1::ListAuditEntriesRequest* request,
                                v1::ListAuditEntriesResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer(control_->tokens().ListAuditEntries(*request), response);
  }

 private:
  const Control* control_;
};

}  // namespace

std::vector<std::shared_ptr<grpc::Service>> MakeControlServices(const Control* control) {
  return {std::make_shared<IntegrationService>(control), std::make_shared<JobService>(control),
          std::make_shared<ReportService>(control), std::make_shared<AccessService>(control)};
}

}  // namespace lockstitch::scheduler

#include "services/scheduler/scheduler_service.h"

#include <thread>
#include <utility>

#include "lockstitch/v1/scheduler.grpc.pb.h"
#include "rpc/admission.h"
#include "rpc/call_context.h"
#include "rpc/queued_reactor.h"
#include "rpc/status_conversion.h"
#include "telemetry/call_context.h"

namespace lockstitch::scheduler {
namespace {

// One call that tells of what it does; that has a thread of its own.
template <typename Response>
class Call final : public rpc::QueuedReactor<grpc::ServerWriteReactor<Response>, Response> {
 public:
  // `run` is called with the call, and answers how it ended.
  template <typename Run>
  static Call* Start(Run run) {
    const auto call = std::make_shared<Call>();
    call->KeepAlive();
    std::thread(telemetry::InContext([call, run] { call->End(run(*call)); })).detach();
    return call.get();
  }
};

// RunOnce and Verify by the callback API, since their events come from other threads.
class Service final
    : public v1::SchedulerService::WithCallbackMethod_Verify<
          v1::SchedulerService::WithCallbackMethod_RunOnce<v1::SchedulerService::Service>> {
 public:
  explicit Service(Scheduler* scheduler) : scheduler_(scheduler) {}

  grpc::ServerWriteReactor<v1::RunOnceResponse>* RunOnce(
      grpc::CallbackServerContext* context, const v1::RunOnceRequest* request) override {
    const telemetry::ContextScope scope(rpc::ContextOf(*context));
    RETURN_IF_REFUSED(context);
    return Call<v1::RunOnceResponse>::Start(
        [scheduler = scheduler_, request = *request](auto& call) {
          const auto listener = [&](const v1::JobEvent& event) {
            v1::RunOnceResponse response;
            *response.mutable_event() = event;
            call.Send(response);
          };
          return scheduler->RunOnce(request, listener, call.stop().get_token());
        });
  }

  grpc::ServerWriteReactor<v1::VerifyResponse>* Verify(grpc::CallbackServerContext* context,
                                                       const v1::VerifyRequest* request) override {
    const telemetry::ContextScope scope(rpc::ContextOf(*context));
    RETURN_IF_REFUSED(context);
    return Call<v1::VerifyResponse>::Start(
        [scheduler = scheduler_, request = *request](auto& call) {
          const auto listener = [&](const v1::VerifyResponse& response) { call.Send(response); };
          return scheduler->Verify(request, listener, call.stop().get_token());
        });
  }

  grpc::Status ValidateIntegration(grpc::ServerContext* context,
                                   const v1::ValidateIntegrationRequest* request,
                                   v1::ValidateIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    *response = scheduler_->ValidateIntegration(request->integration());
    return grpc::Status::OK;
  }

  grpc::Status ForgetIntegration(grpc::ServerContext* context,
                                 const v1::SchedulerServiceForgetIntegrationRequest* request,
                                 v1::SchedulerServiceForgetIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    absl::StatusOr<v1::ForgottenIntegration> forgotten = scheduler_->ForgetIntegration(*request);
    if (!forgotten.ok()) return rpc::ToGrpc(forgotten.status());
    *response->mutable_forgotten() = *std::move(forgotten);
    return grpc::Status::OK;
  }

 private:
  Scheduler* scheduler_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeService(Scheduler* scheduler) {
  return std::make_shared<Service>(scheduler);
}

}  // namespace lockstitch::scheduler

#include "services/scheduler/scheduler_service.h"

#include <thread>

#include "lockstitch/v1/scheduler.grpc.pb.h"
#include "rpc/queued_reactor.h"

namespace lockstitch::scheduler {
namespace {

// One RunOnce call; the job has a thread of its own.
class Call final : public rpc::QueuedReactor<grpc::ServerWriteReactor<v1::RunOnceResponse>,
                                             v1::RunOnceResponse> {
 public:
  static Call* Start(Scheduler* scheduler, const v1::RunOnceRequest& request) {
    const auto call = std::make_shared<Call>();
    call->KeepAlive();
    std::thread([call, scheduler, request] {
      const auto listener = [&](const v1::JobEvent& event) {
        v1::RunOnceResponse response;
        *response.mutable_event() = event;
        call->Send(response);
      };
      call->End(scheduler->RunOnce(request, listener, call->stop().get_token()));
    }).detach();
    return call.get();
  }
};

// RunOnce by the callback API, since its events come from another thread.
class Service final
    : public v1::SchedulerService::WithCallbackMethod_RunOnce<v1::SchedulerService::Service> {
 public:
  explicit Service(Scheduler* scheduler) : scheduler_(scheduler) {}

  grpc::ServerWriteReactor<v1::RunOnceResponse>* RunOnce(
      grpc::CallbackServerContext*, const v1::RunOnceRequest* request) override {
    return Call::Start(scheduler_, *request);
  }

  grpc::Status ValidateIntegration(grpc::ServerContext*,
                                   const v1::ValidateIntegrationRequest* request,
                                   v1::ValidateIntegrationResponse* response) override {
    *response = scheduler_->ValidateIntegration(request->integration());
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

#include "services/loader/loader_service.h"

#include <string>

#include "lockstitch/v1/loader.grpc.pb.h"
#include "rpc/admission.h"
#include "rpc/grpc_stream.h"
#include "rpc/status_conversion.h"
#include "telemetry/log.h"

namespace lockstitch::loader {
namespace {

class Service final : public v1::LoaderService::Service {
 public:
  explicit Service(Loader* loader) : loader_(loader) {}

  grpc::Status ReserveRun(grpc::ServerContext* context, const v1::ReserveRunRequest* request,
                          v1::ReserveRunResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("ReserveRun", loader_->ReserveRun(*request), response);
  }
  grpc::Status BeginLoad(grpc::ServerContext* context, const v1::BeginLoadRequest* request,
                         v1::BeginLoadResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("BeginLoad", loader_->BeginLoad(*request), response);
  }
  grpc::Status Load(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::LoadResponse, v1::LoadRequest>* call) override {
    RETURN_IF_REFUSED(context);
    rpc::GrpcServerStream<v1::LoadRequest, v1::LoadResponse> stream(context, call);
    return Refuse("Load", loader_->Load(stream));
  }
  grpc::Status FinishLoad(grpc::ServerContext* context, const v1::FinishLoadRequest* request,
                          v1::FinishLoadResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("FinishLoad", loader_->FinishLoad(*request), response);
  }
  grpc::Status AbortLoad(grpc::ServerContext* context, const v1::AbortLoadRequest* request,
                         v1::AbortLoadResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("AbortLoad", loader_->AbortLoad(*request), response);
  }
  grpc::Status GetState(grpc::ServerContext* context, const v1::GetStateRequest* request,
                        v1::GetStateResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("GetState", loader_->GetState(*request), response);
  }
  grpc::Status RegisterStreams(grpc::ServerContext* context,
                               const v1::RegisterStreamsRequest* request,
                               v1::RegisterStreamsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("RegisterStreams", loader_->RegisterStreams(*request), response);
  }
  grpc::Status Sweep(grpc::ServerContext* context, const v1::SweepRequest* request,
                     v1::SweepResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("Sweep", loader_->Sweep(*request), response);
  }
  grpc::Status PreviewLoads(grpc::ServerContext* context, const v1::PreviewLoadsRequest* request,
                            v1::PreviewLoadsResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("PreviewLoads", loader_->PreviewLoads(*request), response);
  }
  grpc::Status ForgetIntegration(grpc::ServerContext* context,
                                 const v1::ForgetIntegrationRequest* request,
                                 v1::ForgetIntegrationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("ForgetIntegration", loader_->ForgetIntegration(*request), response);
  }
  grpc::Status CheckDestination(grpc::ServerContext* context,
                                const v1::CheckDestinationRequest* request,
                                v1::CheckDestinationResponse* response) override {
    RETURN_IF_REFUSED(context);
    return Answer("CheckDestination", loader_->CheckDestination(*request), response);
  }

 private:
  template <typename Response>
  grpc::Status Answer(absl::string_view method, absl::StatusOr<Response> answer,
                      Response* response) {
    if (!answer.ok()) return Refuse(method, answer.status());
    *response = *std::move(answer);
    return grpc::Status::OK;
  }

  grpc::Status Refuse(absl::string_view method, const absl::Status& status) {
    if (!status.ok()) telemetry::LogError("call failed", status, {{"method", std::string(method)}});
    return rpc::ToGrpc(status);
  }

  Loader* loader_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeService(Loader* loader) {
  return std::make_shared<Service>(loader);
}

}  // namespace lockstitch::loader

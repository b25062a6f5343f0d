#include "verification/checksum_service.h"

#include <thread>
#include <utility>

#include "lockstitch/v1/checksum.grpc.pb.h"
#include "rpc/admission.h"
#include "rpc/call_context.h"
#include "rpc/queued_reactor.h"
#include "schema/stream_name.h"
#include "telemetry/call_context.h"
#include "telemetry/log.h"

namespace lockstitch::verification {
namespace {

// Messages of a call that may wait for their caller, who may be slower than the database.
constexpr size_t kQueued = 16;
constexpr absl::Duration kSendDeadline = absl::Minutes(5);

// One Checksum call; the reading has a thread of its own.
class Call final : public rpc::QueuedReactor<grpc::ServerWriteReactor<v1::ChecksumResponse>,
                                             v1::ChecksumResponse> {
 public:
  static Call* Start(const ChecksumHandler& handler, const v1::ChecksumRequest& request) {
    const auto call = std::make_shared<Call>();
    call->KeepAlive();
    std::thread(telemetry::InContext([call, &handler, request] {
      const auto sink = [&](v1::ChecksumResponse response) {
        return call->SendWithin(kQueued, kSendDeadline, std::move(response));
      };
      const absl::Status status = handler(request, sink, call->stop().get_token());
      if (!status.ok()) {
        telemetry::LogError("checksum failed", status,
                            {{"table", schema::StreamName(request.table())}});
      }
      call->End(status);
    })).detach();
    return call.get();
  }
};

class Service final : public v1::ChecksumService::CallbackService {
 public:
  explicit Service(ChecksumHandler handler) : handler_(std::move(handler)) {}

  grpc::ServerWriteReactor<v1::ChecksumResponse>* Checksum(
      grpc::CallbackServerContext* context, const v1::ChecksumRequest* request) override {
    const telemetry::ContextScope scope(rpc::ContextOf(*context));
    RETURN_IF_REFUSED(context);
    return Call::Start(handler_, *request);
  }

 private:
  const ChecksumHandler handler_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeService(ChecksumHandler handler) {
  return std::make_shared<Service>(std::move(handler));
}

}  // namespace lockstitch::verification

#include "services/discovery/discovery_service.h"

#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lockstitch/v1/discovery.grpc.pb.h"
#include "rpc/admission.h"
#include "rpc/call_context.h"
#include "rpc/queued_reactor.h"
#include "rpc/status_conversion.h"
#include "status/macros.h"
#include "telemetry/call_context.h"

namespace lockstitch::discovery {
namespace {

// Far below what a message may hold: one more table, however wide, still fits.
constexpr size_t kResponseBytes = 1 << 20;

// How far the reading runs ahead of a slow caller, and how long it holds the source's snapshot for
// one that takes nothing.
constexpr size_t kQueued = 2;
constexpr absl::Duration kSendDeadline = absl::Minutes(5);

// One Discover call; the reading has a thread of its own.
class Call final : public rpc::QueuedReactor<grpc::ServerWriteReactor<v1::DiscoverResponse>,
                                             v1::DiscoverResponse> {
 public:
  static Call* Start(Discovery* discovery, const v1::Source& source) {
    const auto call = std::make_shared<Call>();
    call->KeepAlive();
    std::thread(telemetry::InContext([call, discovery, source] {
      call->End(call->Run(discovery, source));
    })).detach();
    return call.get();
  }

 private:
  absl::Status Run(Discovery* discovery, const v1::Source& source) {
    v1::DiscoverResponse response;
    size_t bytes = 0;
    RETURN_IF_ERROR(discovery->Discover(
        source, response.mutable_server(),
        [&](v1::Table table) {
          bytes += table.ByteSizeLong();
          *response.add_tables() = std::move(table);
          if (bytes < kResponseBytes) return absl::OkStatus();
          bytes = 0;
          return SendWithin(kQueued, kSendDeadline, std::exchange(response, {}));
        },
        stop().get_token()));
    if (response.tables_size() == 0) return absl::OkStatus();
    return SendWithin(kQueued, kSendDeadline, std::move(response));
  }
};

class Service final
    : public v1::DiscoveryService::WithCallbackMethod_Discover<v1::DiscoveryService::Service> {
 public:
  explicit Service(Discovery* discovery) : discovery_(discovery) {}

  grpc::ServerWriteReactor<v1::DiscoverResponse>* Discover(
      grpc::CallbackServerContext* context, const v1::DiscoverRequest* request) override {
    const telemetry::ContextScope scope(rpc::ContextOf(*context));
    RETURN_IF_REFUSED(context);
    return Call::Start(discovery_, request->source());
  }

  grpc::Status CheckConnection(grpc::ServerContext* context,
                               const v1::CheckConnectionRequest* request,
                               v1::CheckConnectionResponse* response) override {
    RETURN_IF_REFUSED(context);
    const absl::StatusOr<std::vector<v1::CheckStep>> steps = discovery_->CheckConnection(*request);
    if (!steps.ok()) return rpc::ToGrpc(steps.status());
    response->mutable_steps()->Add(steps->begin(), steps->end());
    return grpc::Status::OK;
  }

 private:
  Discovery* discovery_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeService(Discovery* discovery) {
  return std::make_shared<Service>(discovery);
}

}  // namespace lockstitch::discovery

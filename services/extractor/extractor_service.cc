#include "services/extractor/extractor_service.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "lockstitch/v1/extractor.grpc.pb.h"
#include "rpc/queued_reactor.h"
#include "schema/protocol_version.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::extractor {
namespace {

// How long an accepted run waits for its fence. A draw that has to end another one's sessions takes
// up to 75 s, and its owner waits for two minutes.
constexpr absl::Duration kGoDeadline = absl::Minutes(2);

// One Extract call. gRPC's threads hand in what the owner sends; the run has a thread of its own.
class Call final
    : public rpc::QueuedReactor<grpc::ServerBidiReactor<v1::ExtractRequest, v1::ExtractResponse>,
                                v1::ExtractResponse>,
      public RunOwner {
 public:
  static Call* Start(Extractor* extractor) {
    const auto call = std::make_shared<Call>(extractor);
    call->KeepAlive();
    call->StartRead(&call->request_);
    return call.get();
  }

  explicit Call(Extractor* extractor) : extractor_(extractor) {}

  void OnReadDone(bool ok) override {
    if (!ok) {
      if (!offered_) End(Error(Reason::kProtocolViolated, "an Extract call begins with an offer"));
      return;
    }
    if (request_.has_offer() && !offered_) {
      offered_ = true;
      std::thread([this, keep_alive = shared_from_this(),
                   offer = std::move(*request_.mutable_offer())] {
        Run(offer);
      }).detach();
    } else if (request_.has_go() && offered_) {
      absl::MutexLock lock(&fence_mutex_);
      fence_ = request_.go().fence();
    } else if (request_.has_stop()) {
      stop().request_stop();
    }
    StartRead(&request_);
  }

  absl::StatusOr<int64_t> AwaitFence() override {
    v1::ExtractResponse accepted;
    accepted.mutable_accepted()->set_protocol(schema::kProtocol);
    Report(accepted);
    const std::stop_callback wake(stop().get_token(), [this] {
      absl::MutexLock lock(&fence_mutex_);
      stopped_ = true;
    });
    const auto decided = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(fence_mutex_) {
      return fence_ || stopped_;
    };
    absl::MutexLock lock(&fence_mutex_);
    fence_mutex_.AwaitWithTimeout(absl::Condition(&decided), kGoDeadline);
    if (fence_) return *fence_;
    return stopped_ ? Error(Reason::kStopped, "the owner left before the run began")
                    : Error(Reason::kProgressStalled, "no fence came for the accepted run");
  }

  void Report(const v1::ExtractResponse& response) override { Send(response); }

 private:
  void Run(const v1::ExtractOffer& offer) {
    absl::StatusOr<v1::LoadResult> result = extractor_->Extract(offer, *this, stop().get_token());
    if (result.ok()) {
      v1::ExtractResponse finished;
      *finished.mutable_finished() = *std::move(result);
      Report(finished);
    } else {
      telemetry::LogError("run failed", result.status(), {{"run_id", offer.run_id()}});
    }
    End(result.status());
  }

  Extractor* extractor_;
  v1::ExtractRequest request_;
  bool offered_ = false;
  absl::Mutex fence_mutex_;
  std::optional<int64_t> fence_ ABSL_GUARDED_BY(fence_mutex_);
  bool stopped_ ABSL_GUARDED_BY(fence_mutex_) = false;
};

class Service final : public v1::ExtractorService::CallbackService {
 public:
  explicit Service(Extractor* extractor) : extractor_(extractor) {}

  grpc::ServerBidiReactor<v1::ExtractRequest, v1::ExtractResponse>* Extract(
      grpc::CallbackServerContext*) override {
    return Call::Start(extractor_);
  }

 private:
  Extractor* extractor_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeService(Extractor* extractor) {
  return std::make_shared<Service>(extractor);
}

}  // namespace lockstitch::extractor

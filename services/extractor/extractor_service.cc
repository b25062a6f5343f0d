#include "services/extractor/extractor_service.h"

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "lockstitch/v1/extractor.grpc.pb.h"
#include "rpc/status_conversion.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::extractor {
namespace {

// How long an accepted run waits for its fence.
constexpr absl::Duration kGoDeadline = absl::Minutes(1);

// One Extract call. gRPC's threads hand in what the owner sends; the run has a thread of its own;
// what it reports is queued, so that neither waits for the other. Lives until both are done with
// it.
class Call final : public grpc::ServerBidiReactor<v1::ExtractRequest, v1::ExtractResponse>,
                   public RunOwner {
 public:
  static Call* Start(Extractor* extractor) {
    auto call = std::make_shared<Call>(extractor);
    call->self_ = call;
    call->StartRead(&call->request_);
    return call.get();
  }

  explicit Call(Extractor* extractor) : extractor_(extractor) {}

  void OnReadDone(bool ok) override {
    if (!ok) return StopIfNeverOffered();
    if (request_.has_offer() && !offered_) {
      offered_ = true;
      std::thread([call = self_, offer = std::move(*request_.mutable_offer())] {
        call->Run(offer);
      }).detach();
    } else if (request_.has_go() && offered_) {
      absl::MutexLock lock(&mutex_);
      fence_ = request_.go().fence();
    } else if (request_.has_stop()) {
      stop_.request_stop();
    }
    StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    queue_.pop_front();
    if (!ok) queue_.clear();
    WriteNext();
  }

  void OnCancel() override { stop_.request_stop(); }

  void OnDone() override { self_.reset(); }

  absl::StatusOr<int64_t> AwaitFence() override {
    v1::ExtractResponse accepted;
    accepted.mutable_accepted();
    Report(accepted);
    const std::stop_callback wake(stop_.get_token(), [this] {
      absl::MutexLock lock(&mutex_);
      stopped_ = true;
    });
    absl::MutexLock lock(&mutex_);
    const auto decided = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return fence_.has_value() || stopped_;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&decided), kGoDeadline);
    if (fence_) return *fence_;
    return stopped_ ? Error(Reason::kStopped, "the owner left before the run began")
                    : Error(Reason::kProgressStalled, "no fence came for the accepted run");
  }

  void Report(const v1::ExtractResponse& response) override {
    absl::MutexLock lock(&mutex_);
    queue_.push_back(response);
    if (queue_.size() == 1) WriteNext();
  }

 private:
  void Run(const v1::ExtractOffer& offer) {
    absl::StatusOr<v1::LoadResult> result = extractor_->Extract(offer, *this, stop_.get_token());
    if (result.ok()) {
      v1::ExtractResponse finished;
      *finished.mutable_finished() = *std::move(result);
      Report(finished);
    } else {
      telemetry::LogError("run failed", result.status(), {{"run_id", offer.run_id()}});
    }
    absl::MutexLock lock(&mutex_);
    ended_ = result.status();
    if (queue_.empty()) WriteNext();
  }

  void StopIfNeverOffered() {
    if (offered_) return;
    absl::MutexLock lock(&mutex_);
    ended_ = Error(Reason::kProtocolViolated, "an Extract call begins with an offer");
    if (queue_.empty()) WriteNext();
  }

  // At most one write is under way: the queue's front.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!queue_.empty()) {
      StartWrite(&queue_.front());
    } else if (ended_) {
      Finish(rpc::ToGrpc(*std::exchange(ended_, std::nullopt)));
    }
  }

  Extractor* extractor_;
  std::shared_ptr<Call> self_;
  v1::ExtractRequest request_;
  bool offered_ = false;
  std::stop_source stop_;
  absl::Mutex mutex_;
  std::optional<int64_t> fence_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<v1::ExtractResponse> queue_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
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

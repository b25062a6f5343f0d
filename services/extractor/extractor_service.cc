#include "services/extractor/extractor_service.h"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "lockstitch/v1/extractor.grpc.pb.h"
#include "rpc/admission.h"
#include "rpc/call_context.h"
#include "rpc/queued_reactor.h"
#include "status/reason.h"
#include "telemetry/call_context.h"
#include "telemetry/log.h"

namespace lockstitch::extractor {
namespace {

// How long an accepted run waits for its fence. A draw that has to end another one's sessions takes
// up to 75 s, and its owner waits for two minutes.
constexpr absl::Duration kGoDeadline = absl::Minutes(2);

// One Extract call. gRPC's threads hand in what the owner sends.
class Call final
    : public rpc::QueuedReactor<grpc::ServerBidiReactor<v1::ExtractRequest, v1::ExtractResponse>,
                                v1::ExtractResponse>,
      public OwnerCall {
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
      if (!begun_)
        End(Error(Reason::kProtocolViolated, "an Extract call begins with an offer or an attach"));
      return;
    }
    if (request_.has_offer() && !begun_) {
      Begin(request_.offer().run_id(), [this, offer = std::move(*request_.mutable_offer())] {
        return extractor_->Extract(offer, *this);
      });
    } else if (request_.has_attach() && !begun_) {
      Begin(request_.attach().run_id(), [this, attach = std::move(*request_.mutable_attach())] {
        return extractor_->Attach(attach, *this);
      });
    } else if (request_.has_go() && begun_) {
      absl::MutexLock lock(&fence_mutex_);
      fence_ = request_.go().fence();
    } else if (request_.has_stop()) {
      stopped_.request_stop();
    }
    StartRead(&request_);
  }

  absl::StatusOr<int64_t> AwaitFence() override {
    const auto wake = [this] { absl::MutexLock lock(&fence_mutex_); };
    const std::stop_callback on_stop(stopped(), wake), on_break(gone(), wake);
    const auto over = [this] { return stopped().stop_requested() || gone().stop_requested(); };
    const auto decided = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(fence_mutex_) {
      return fence_ || over();
    };
    absl::MutexLock lock(&fence_mutex_);
    fence_mutex_.AwaitWithTimeout(absl::Condition(&decided), kGoDeadline);
    if (fence_) return *fence_;
    return over() ? Error(Reason::kStopped, "the owner left before the run began")
                  : Error(Reason::kProgressStalled, "no fence came for the accepted run");
  }

  void Report(const v1::ExtractResponse& response) override { Send(response); }
  std::stop_token stopped() const override { return stopped_.get_token(); }
  std::stop_token gone() const override { return gone_; }

 private:
  // Follows a run in a thread of its own.
  void Begin(const std::string& run_id, std::function<absl::StatusOr<v1::LoadResult>()> follow) {
    begun_ = true;
    context_.run_id = run_id;
    std::thread([this, keep_alive = shared_from_this(), follow = std::move(follow)] {
      const telemetry::ContextScope scope(context_);
      absl::StatusOr<v1::LoadResult> result = follow();
      if (result.ok()) {
        v1::ExtractResponse finished;
        *finished.mutable_finished() = *std::move(result);
        Report(finished);
      } else {
        telemetry::LogError("call ended", result.status());
      }
      End(result.status());
    }).detach();
  }

  Extractor* extractor_;
  telemetry::CallContext context_ = telemetry::CurrentContext();
  const std::stop_token gone_ = stop().get_token();
  std::stop_source stopped_;
  v1::ExtractRequest request_;
  bool begun_ = false;
  absl::Mutex fence_mutex_;
  std::optional<int64_t> fence_ ABSL_GUARDED_BY(fence_mutex_);
};

class Service final : public v1::ExtractorService::CallbackService {
 public:
  explicit Service(Extractor* extractor) : extractor_(extractor) {}

  grpc::ServerBidiReactor<v1::ExtractRequest, v1::ExtractResponse>* Extract(
      grpc::CallbackServerContext* context) override {
    const telemetry::ContextScope scope(rpc::ContextOf(*context));
    RETURN_IF_REFUSED(context);
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

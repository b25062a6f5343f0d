#ifndef LOCKSTITCH_RPC_QUEUED_REACTOR_H_
#define LOCKSTITCH_RPC_QUEUED_REACTOR_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "rpc/status_conversion.h"

namespace lockstitch::rpc {

// For adapters alone: a streaming call of gRPC's callback API whose answers come from other
// threads. They are queued, so that their senders never wait. Lives, by shared_ptr, until gRPC and
// its senders are done with it.
template <typename Reactor, typename Out>
class QueuedReactor : public Reactor,
                      public std::enable_shared_from_this<QueuedReactor<Reactor, Out>> {
 public:
  // Call once, after construction into a shared_ptr and before gRPC gets the reactor.
  void KeepAlive() { self_ = this->shared_from_this(); }

  void Send(const Out& message) {
    absl::MutexLock lock(&mutex_);
    queue_.push_back(message);
    if (queue_.size() == 1) WriteNext();
  }

  // Ends the call once everything queued has been sent. Nothing may be sent afterwards.
  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    ended_ = status;
    if (queue_.empty()) WriteNext();
  }

  // Requested when the caller cancels or its connection breaks.
  std::stop_source& stop() { return stop_; }

  void OnWriteDone(bool ok) final {
    absl::MutexLock lock(&mutex_);
    if (ok) {
      queue_.pop_front();
    } else {
      queue_.clear();
    }
    WriteNext();
  }
  void OnCancel() final { stop_.request_stop(); }
  void OnDone() final { self_.reset(); }

 private:
  // At most one write is under way: that of the queue's front.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!queue_.empty()) {
      this->StartWrite(&queue_.front());
    } else if (ended_) {
      this->Finish(ToGrpc(*std::exchange(ended_, std::nullopt)));
    }
  }

  std::shared_ptr<QueuedReactor> self_;
  std::stop_source stop_;
  absl::Mutex mutex_;
  std::deque<Out> queue_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_QUEUED_REACTOR_H_

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
#include "absl/time/time.h"
#include "rpc/status_conversion.h"
#include "status/reason.h"

namespace lockstitch::rpc {

// For adapters alone: a streaming call of gRPC's callback API whose answers come from other
// threads. They are queued, so that their senders need not wait. Lives, by shared_ptr, until gRPC
// and its senders are done with it.
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

  // The same for whoever makes more than fits into memory: waits while `most` messages are queued.
  // PROGRESS_STALLED once none has left for `deadline`; STOPPED when the caller has gone.
  absl::Status SendWithin(size_t most, absl::Duration deadline, Out message) {
    absl::MutexLock lock(&mutex_);
    const auto has_room = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return queue_.size() < most || stop_.stop_requested();
    };
    const bool room = mutex_.AwaitWithTimeout(absl::Condition(&has_room), deadline);
    if (stop_.stop_requested()) return Error(Reason::kStopped, "the caller has gone");
    if (!room) return Error(Reason::kProgressStalled, "the caller takes no more");
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) WriteNext();
    return absl::OkStatus();
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
  void OnCancel() final {
    stop_.request_stop();
    // Whoever waits for room looks again when the lock is let go.
    absl::MutexLock lock(&mutex_);
  }
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

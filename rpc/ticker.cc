#include "rpc/ticker.h"

#include <utility>

#include "absl/time/time.h"

namespace lockstitch::rpc {

Ticker::Ticker(std::function<void()> tick) : tick_(std::move(tick)), thread_([this] { Loop(); }) {}

Ticker::~Ticker() {
  {
    absl::MutexLock lock(&mutex_);
    done_ = true;
  }
  thread_.join();
}

void Ticker::Loop() {
  absl::MutexLock lock(&mutex_);
  while (!mutex_.AwaitWithTimeout(absl::Condition(&done_), absl::Seconds(1))) {
    tick_();
  }
}

}  // namespace lockstitch::rpc

#include "rpc/ticker.h"

#include <utility>

#include "absl/time/time.h"

namespace lockstitch::rpc {

namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);

}  // namespace

Ticker::Ticker(std::function<void()> tick)
    : tick_(std::move(tick)), first_(kPeriod, [this] { Loop(); }) {}

Ticker::~Ticker() {
  absl::MutexLock lock(&mutex_);
  done_ = true;
}

void Ticker::Loop() {
  absl::MutexLock lock(&mutex_);
  while (!done_) {
    tick_();
    mutex_.AwaitWithTimeout(absl::Condition(&done_), kPeriod);
  }
}

}  // namespace lockstitch::rpc

#include "rpc/alarm.h"

#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace lockstitch::rpc {

// The process's alarms, and the one thread that waits for them.
class AlarmClock {
 public:
  static AlarmClock& Get() {
    static AlarmClock* const clock = new AlarmClock;  // For threads that outlive main.
    return *clock;
  }

  void Set(absl::Time due, Alarm* alarm) {
    absl::MutexLock lock(&mutex_);
    alarm->place_ = waiting_.emplace(due, alarm);
  }

  void Unset(Alarm* alarm) {
    absl::MutexLock lock(&mutex_);
    if (alarm->place_) waiting_.erase(*std::exchange(alarm->place_, std::nullopt));
  }

 private:
  AlarmClock() {
    std::thread([this] { Run(); }).detach();
  }

  absl::Time Next() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiting_.empty() ? absl::InfiniteFuture() : waiting_.begin()->first;
  }

  void Run() {
    absl::MutexLock lock(&mutex_);
    while (true) {
      const absl::Time next = Next();
      const auto has_earlier = [&]()
                                   ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Next() < next; };
      mutex_.AwaitWithDeadline(absl::Condition(&has_earlier), next);
      for (const absl::Time now = absl::Now(); Next() <= now;) {
        Alarm* const alarm = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        alarm->place_.reset();
        alarm->thread_ = std::thread(alarm->ring_);
      }
    }
  }

  absl::Mutex mutex_;
  Alarm::Waiting waiting_ ABSL_GUARDED_BY(mutex_);
};

Alarm::Alarm(absl::Duration delay, std::function<void()> ring) : ring_(std::move(ring)) {
  AlarmClock::Get().Set(absl::Now() + delay, this);
}

Alarm::~Alarm() {
  AlarmClock::Get().Unset(this);
  if (thread_.joinable()) thread_.join();
}

}  // namespace lockstitch::rpc

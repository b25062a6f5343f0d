// Tells the thread sanitizer what Debian's Abseil, which is built without it, does: whoever locks a
// mutex or is notified comes after whoever unlocked it or notified. Each function stands in the
// place of the library's own, and calls that.

#include <dlfcn.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace absl {
ABSL_NAMESPACE_BEGIN
namespace {

// While the library runs. It evaluates conditions when it has the mutex, which the sanitizer can't
// know.
class IgnoredReads {
 public:
  IgnoredReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoredReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

template <typename Result, typename... Arguments>
struct Own {
  explicit Own(const char* symbol)
      : function(reinterpret_cast<Result (*)(Arguments...)>(dlsym(RTLD_NEXT, symbol))) {}
  Result operator()(Arguments... arguments) const {
    const IgnoredReads ignored;
    return function(arguments...);
  }
  Result (*function)(Arguments...);
};

// Behind the mutex; read without it by HasBeenNotified, which is compiled into its users.
void* FlagOf(const Notification* notification) {
  return const_cast<char*>(reinterpret_cast<const char*>(notification)) + sizeof(Mutex);
}

}  // namespace

void Mutex::Lock() {
  static const Own<void, Mutex*> own("_ZN4absl7debian35Mutex4LockEv");
  own(this);
  __tsan_acquire(this);
}

bool Mutex::TryLock() {
  static const Own<bool, Mutex*> own("_ZN4absl7debian35Mutex7TryLockEv");
  const bool locked = own(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::Unlock() {
  static const Own<void, Mutex*> own("_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_release(this);
  own(this);
}

void Mutex::ReaderLock() {
  static const Own<void, Mutex*> own("_ZN4absl7debian35Mutex10ReaderLockEv");
  own(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static const Own<void, Mutex*> own("_ZN4absl7debian35Mutex12ReaderUnlockEv");
  __tsan_release(this);
  own(this);
}

void Mutex::LockWhen(const Condition& condition) {
  static const Own<void, Mutex*, const Condition&> own(
      "_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE");
  own(this, condition);
  __tsan_acquire(this);
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  static const Own<bool, Mutex*, const Condition&, Duration> own(
      "_ZN4absl7debian35Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  const bool met = own(this, condition, timeout);
  __tsan_acquire(this);
  return met;
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static const Own<bool, Mutex*, const Condition&, Time> own(
      "_ZN4absl7debian35Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  const bool met = own(this, condition, deadline);
  __tsan_acquire(this);
  return met;
}

void Mutex::Await(const Condition& condition) {
  static const Own<void, Mutex*, const Condition&> own(
      "_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE");
  __tsan_release(this);
  own(this, condition);
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static const Own<bool, Mutex*, const Condition&, Duration> own(
      "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  __tsan_release(this);
  const bool met = own(this, condition, timeout);
  __tsan_acquire(this);
  return met;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static const Own<bool, Mutex*, const Condition&, Time> own(
      "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  __tsan_release(this);
  const bool met = own(this, condition, deadline);
  __tsan_acquire(this);
  return met;
}

void CondVar::Wait(Mutex* mutex) {
  static const Own<void, CondVar*, Mutex*> own("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE");
  __tsan_release(mutex);
  own(this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static const Own<bool, CondVar*, Mutex*, Duration> own(
      "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  __tsan_release(mutex);
  const bool timed_out = own(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const Own<bool, CondVar*, Mutex*, Time> own(
      "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  __tsan_release(mutex);
  const bool timed_out = own(this, mutex, deadline);
  __tsan_acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  static const Own<void, Notification*> own("_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(FlagOf(this));
  own(this);
}

void Notification::WaitForNotification() const {
  static const Own<void, const Notification*> own(
      "_ZNK4absl7debian312Notification19WaitForNotificationEv");
  own(this);
  __tsan_acquire(FlagOf(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static const Own<bool, const Notification*, Duration> own(
      "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = own(this, timeout);
  if (notified) __tsan_acquire(FlagOf(this));
  return notified;
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  static const Own<bool, const Notification*, Time> own(
      "_ZNK4absl7debian312Notification31WaitForNotificationWithDeadlineENS0_4TimeE");
  const bool notified = own(this, deadline);
  if (notified) __tsan_acquire(FlagOf(this));
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl

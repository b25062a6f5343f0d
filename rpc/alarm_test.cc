#include "rpc/alarm.h"

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace lockstitch::rpc {
namespace {

TEST(AlarmTest, RingsAlsoBeforeOneThatWasSetEarlier) {
  const Alarm later(absl::Hours(1), [] { ADD_FAILURE() << "rang too early"; });
  absl::Notification rang;
  const Alarm alarm(absl::Milliseconds(5), [&] { rang.Notify(); });
  rang.WaitForNotification();
}

TEST(AlarmTest, OneThatTakesLongHoldsUpNoOther) {
  absl::Notification ended, rang;
  const Alarm slow(absl::Milliseconds(1), [&] { ended.WaitForNotification(); });
  const Alarm alarm(absl::Milliseconds(5), [&] { rang.Notify(); });
  rang.WaitForNotification();
  ended.Notify();
}

TEST(AlarmTest, IsWaitedForWhereItRings) {
  absl::Notification rings;
  bool rang = false;
  {
    const Alarm alarm(absl::ZeroDuration(), [&] {
      rings.Notify();
      rang = true;
    });
    rings.WaitForNotification();
  }
  EXPECT_TRUE(rang);
}

}  // namespace
}  // namespace lockstitch::rpc

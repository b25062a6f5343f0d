#include "rpc/progress_deadline.h"

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace lockstitch::rpc {
namespace {

TEST(ProgressDeadlineTest, RunsOnceWhenNothingMoves) {
  absl::Notification stalled;
  ProgressDeadline deadline(absl::Milliseconds(5), [&] { stalled.Notify(); });
  stalled.WaitForNotification();
  EXPECT_TRUE(deadline.stalled());
}

TEST(ProgressDeadlineTest, EndsQuietlyWithItsCall) {
  bool ran = false;
  {
    ProgressDeadline deadline(absl::Hours(1), [&] { ran = true; });
    deadline.Touch();
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace lockstitch::rpc

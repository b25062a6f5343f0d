#include "services/scheduler/dispatch.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::Duration kNoTime = absl::ZeroDuration();

TEST(DecideRetryTest, FollowsTheTableOfReasons) {
  for (const ReasonInfo& info : AllReasons()) {
    const absl::Status failure = Error(info.reason, "what happened");
    EXPECT_EQ(DecideRetry(failure, 1, kNoTime, false).again, info.owner == Owner::kRetried)
        << info.code;
    EXPECT_FALSE(DecideRetry(failure, info.attempts, kNoTime, false).again) << info.code;
    EXPECT_FALSE(DecideRetry(failure, 1, info.total, false).again) << info.code;
  }
}

TEST(DecideRetryTest, TheLoserOfASupersessionNeverComesBack) {
  EXPECT_FALSE(DecideRetry(Error(Reason::kSuperseded, "no"), 1, kNoTime, true).again);
}

TEST(DecideRetryTest, AHostThatHasAnsweredBeforeIsWaitedFor) {
  EXPECT_FALSE(DecideRetry(Error(Reason::kHostUnreachable, "gone"), 1, kNoTime, false).again);
  EXPECT_TRUE(DecideRetry(Error(Reason::kHostUnreachable, "gone"), 1, kNoTime, true).again);
}

TEST(DecideRetryTest, AFailureWithoutAReasonIsFinal) {
  EXPECT_FALSE(DecideRetry(absl::UnavailableError("what"), 1, kNoTime, true).again);
}

}  // namespace
}  // namespace lockstitch::scheduler

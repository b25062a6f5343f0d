#include "services/scheduler/dispatch.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

TEST(DecideRetryTest, FollowsTheTableOfReasons) {
  for (const ReasonInfo& info : AllReasons()) {
    const absl::Status failure = Error(info.reason, "what happened");
    EXPECT_EQ(DecideRetry(failure, 1, absl::ZeroDuration()).again, info.owner == Owner::kRetried)
        << info.code;
    EXPECT_FALSE(DecideRetry(failure, info.attempts, absl::ZeroDuration()).again) << info.code;
    EXPECT_FALSE(DecideRetry(failure, 1, info.total).again) << info.code;
  }
}

TEST(DecideRetryTest, TheLoserOfASupersessionNeverComesBack) {
  EXPECT_FALSE(DecideRetry(Error(Reason::kSuperseded, "no"), 1, absl::ZeroDuration()).again);
}

TEST(DecideRetryTest, AFailureWithoutAReasonIsFinal) {
  EXPECT_FALSE(DecideRetry(absl::UnavailableError("what"), 1, absl::ZeroDuration()).again);
}

}  // namespace
}  // namespace lockstitch::scheduler

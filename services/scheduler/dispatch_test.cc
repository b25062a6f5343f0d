#include "services/scheduler/dispatch.h"

#include <grpcpp/support/status.h>

#include "gtest/gtest.h"
#include "rpc/status_conversion.h"
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

absl::Status BrokenCall() {
  return rpc::FromGrpc(grpc::Status(grpc::UNAVAILABLE, "reset"), "extractor");
}

constexpr bool kLost = true, kNotLost = false;

TEST(StepAfterTest, ABrokenCallLeavesTheRunWhereItIs) {
  for (const bool followed : {false, true})
    EXPECT_EQ(StepAfter(BrokenCall(), /*attached=*/true, followed, kNotLost), NextStep::kAttach);
  EXPECT_EQ(StepAfter(BrokenCall(), /*attached=*/false, /*followed=*/true, kNotLost),
            NextStep::kAttach);
  // Before its go it was no run yet.
  EXPECT_EQ(StepAfter(BrokenCall(), /*attached=*/false, /*followed=*/false, kNotLost),
            NextStep::kDecide);
}

TEST(StepAfterTest, ARunThatCannotBeReachedForTooLongIsReadAnew) {
  EXPECT_EQ(StepAfter(BrokenCall(), /*attached=*/true, /*followed=*/false, kLost),
            NextStep::kOffer);
  const absl::Status silent = Error(Reason::kProgressStalled, "nothing came");
  EXPECT_EQ(StepAfter(silent, /*attached=*/true, /*followed=*/false, kNotLost), NextStep::kOffer);
}

TEST(StepAfterTest, ARunThatIsGoneIsReadAnewAtOnce) {
  for (const bool followed : {false, true}) {
    const absl::Status gone = Error(Reason::kRunNotFound, "gone");
    EXPECT_EQ(StepAfter(gone, /*attached=*/true, followed, kNotLost), NextStep::kOffer);
  }
}

TEST(StepAfterTest, ARunThatHasFailedIsDecidedUpon) {
  for (const bool attached : {false, true}) {
    for (const Reason reason :
         {Reason::kConnectionLost, Reason::kPeerUnreachable, Reason::kProgressStalled})
      EXPECT_EQ(StepAfter(Error(reason, "failed"), attached, /*followed=*/true, kNotLost),
                NextStep::kDecide);
  }
}

TEST(StepAfterTest, ASupersededOwnerAsksTheExtractorAndThenTheLoader) {
  const absl::Status superseded = Error(Reason::kSuperseded, "no");
  EXPECT_EQ(StepAfter(superseded, /*attached=*/false, /*followed=*/true, kNotLost),
            NextStep::kAttach);
  EXPECT_EQ(StepAfter(superseded, /*attached=*/true, /*followed=*/true, kNotLost),
            NextStep::kOffer);
  // By the draw itself.
  EXPECT_EQ(StepAfter(superseded, /*attached=*/false, /*followed=*/false, kNotLost),
            NextStep::kDecide);
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "rpc/retry.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

const RetryPolicy kAtOnce = {
    .attempts = 4, .first = absl::ZeroDuration(), .most = absl::ZeroDuration()};

TEST(BackoffTest, DoublesUpToTheMostAndIsShortenedByAtMostHalf) {
  const RetryPolicy policy = {.attempts = 9, .first = absl::Seconds(1), .most = absl::Seconds(5)};
  EXPECT_EQ(Backoff(policy, 1, 0), absl::ZeroDuration());
  EXPECT_EQ(Backoff(policy, 2, 0), absl::Seconds(1));
  EXPECT_EQ(Backoff(policy, 3, 0), absl::Seconds(2));
  EXPECT_EQ(Backoff(policy, 9, 0), absl::Seconds(5));
  EXPECT_EQ(Backoff(policy, 3, 0.5), absl::Seconds(1.5));
}

TEST(RetryTest, RepeatsWhileThePeerIsOutOfReach) {
  int calls = 0;
  EXPECT_TRUE(Retry(kAtOnce, {}, [&] {
                return ++calls < 3 ? Error(Reason::kPeerUnreachable, "gone") : absl::OkStatus();
              }).ok());
  EXPECT_EQ(calls, 3);
}

// As docs/errors.md says.
TEST(RetryTest, TheseReasonsMeanThatSomethingIsOutOfReach) {
  std::set<std::string> codes;
  for (const ReasonInfo& info : AllReasons()) {
    if (IsOutOfReach(Error(info.reason, "gone"), /*reached=*/false))
      codes.insert(std::string(info.code));
  }
  EXPECT_EQ(codes,
            (std::set<std::string>{"CONNECTION_LOST", "TOO_MANY_CONNECTIONS", "SERVER_STARTING",
                                   "DESTINATION_CONFLICT", "CATALOG_CONFLICT", "SHUTTING_DOWN",
                                   "PEER_UNREACHABLE", "PEER_TLS_FAILED"}));
  EXPECT_TRUE(IsOutOfReach(Error(Reason::kHostUnreachable, "gone"), /*reached=*/true));
}

TEST(RetryTest, GivesUpAfterItsAttempts) {
  int calls = 0;
  EXPECT_EQ(
      ReasonOf(Retry(kAtOnce, {}, [&] { return ++calls, Error(Reason::kConnectionLost, "gone"); })),
      Reason::kConnectionLost);
  EXPECT_EQ(calls, 4);
}

TEST(RetryTest, OtherErrorsAreFinal) {
  for (const Reason reason :
       {Reason::kSuperseded, Reason::kDestinationTableLocked, Reason::kInternal}) {
    int calls = 0;
    EXPECT_EQ(ReasonOf(Retry(kAtOnce, {}, [&] { return ++calls, Error(reason, "no"); })), reason);
    EXPECT_EQ(calls, 1);
  }
}

TEST(RetryTest, AHostThatHasAnsweredBeforeMayComeBack) {
  for (const bool reached : {false, true}) {
    RetryPolicy policy = kAtOnce;
    policy.reached = reached;
    int calls = 0;
    EXPECT_EQ(ReasonOf(Retry(policy, {},
                             [&] { return ++calls, Error(Reason::kHostUnreachable, "gone"); })),
              Reason::kHostUnreachable);
    EXPECT_EQ(calls, reached ? 4 : 1);
  }
}

TEST(RetryTest, AStopEndsTheWait) {
  std::stop_source source;
  int calls = 0;
  const RetryPolicy patient = {.attempts = 3, .first = absl::Hours(1), .most = absl::Hours(1)};
  EXPECT_EQ(ReasonOf(Retry(patient, source.get_token(),
                           [&] {
                             ++calls;
                             source.request_stop();
                             return Error(Reason::kPeerUnreachable, "gone");
                           })),
            Reason::kPeerUnreachable);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace lockstitch::rpc

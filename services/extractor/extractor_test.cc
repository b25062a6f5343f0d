#include "services/extractor/extractor.h"

#include <stop_token>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"
#include "telemetry/metrics.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using testing::HasReason;
using ::testing::SizeIs;

// An owner that has no fence.
class Owner : public OwnerCall {
 public:
  void Report(const v1::ExtractResponse& response) override { reported.push_back(response); }
  absl::StatusOr<int64_t> AwaitFence() override { return Error(Reason::kStopped, "no fence"); }
  std::stop_token stopped() const override { return {}; }
  std::stop_token gone() const override { return {}; }

  std::vector<v1::ExtractResponse> reported;
};

v1::ExtractOffer Offer() {
  v1::ExtractOffer offer;
  offer.set_run_id("run");
  offer.mutable_source()->mutable_postgres()->set_host("source");
  offer.mutable_target()->mutable_table()->set_name("t");
  return offer;
}

TEST(ExtractorTest, TakesNothingNewOnceItIsToldToStop) {
  telemetry::NoMetrics metrics;
  Extractor extractor({.metrics = &metrics});
  Owner before, after;
  EXPECT_THAT(extractor.Extract(Offer(), before), HasReason(Reason::kStopped));
  ASSERT_THAT(before.reported, SizeIs(1));
  EXPECT_TRUE(before.reported[0].has_accepted());
  extractor.Stop();
  EXPECT_THAT(extractor.Extract(Offer(), after), HasReason(Reason::kShuttingDown));
  EXPECT_THAT(after.reported, SizeIs(0));
}

// An owner who lets the extractor wait for the fence that it doesn't have.
class SlowOwner final : public Owner {
 public:
  void Report(const v1::ExtractResponse& response) override { accepted.Notify(); }
  absl::StatusOr<int64_t> AwaitFence() override {
    answered.WaitForNotification();
    return Owner::AwaitFence();
  }

  absl::Notification accepted;
  absl::Notification answered;
};

TEST(ExtractorTest, DrainsItsRunsAndTakesNoOthers) {
  telemetry::NoMetrics metrics;
  Extractor extractor({.metrics = &metrics});
  SlowOwner slow;
  std::thread run([&] { EXPECT_FALSE(extractor.Extract(Offer(), slow).ok()); });
  slow.accepted.WaitForNotification();

  extractor.Drain(absl::ZeroDuration());
  Owner other;
  EXPECT_THAT(extractor.Extract(Offer(), other), HasReason(Reason::kSlotsExhausted));
  absl::Notification drained;
  std::thread drain([&] {
    extractor.Drain(absl::InfiniteDuration());
    drained.Notify();
  });
  EXPECT_FALSE(drained.HasBeenNotified());
  slow.answered.Notify();
  drained.WaitForNotification();
  drain.join();
  run.join();
}

}  // namespace
}  // namespace lockstitch::extractor

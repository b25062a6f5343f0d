// Runs at a real extractor whose owner's call breaks, and owners who come later.

#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "status/macros.h"
#include "status/reason.h"
#include "testing/status_matchers.h"
#include "tests/attach/kept_run_stack.h"

namespace lockstitch::tests {
namespace {

using extractor::ExtractorClient;
using testing::HasReason;
using testing::IsOk;

// What is told between `accepted` and the end of a call.
struct Followed {
  absl::StatusOr<v1::LoadResult> end = absl::UnknownError("not followed");
  bool begun = false;
  int64_t rows_loaded = 0;
};

// Owns a run over one Extract call.
class Owner {
 public:
  explicit Owner(const std::string& extractor)
      : client_(rpc::Connect(extractor), "extractor"), call_(client_.Extract()) {}

  // The address that the extractor tells.
  absl::StatusOr<std::string> Offer(v1::ExtractOffer offer, int grace_seconds) {
    if (grace_seconds > 0) offer.mutable_grace()->set_seconds(grace_seconds);
    v1::ExtractRequest request;
    *request.mutable_offer() = offer;
    return Accepted(request);
  }
  absl::StatusOr<std::string> Attach(const std::string& run_id, int64_t fence) {
    v1::ExtractRequest request;
    request.mutable_attach()->set_run_id(run_id);
    request.mutable_attach()->set_fence(fence);
    return Accepted(request);
  }
  void Go(int64_t fence) {
    v1::ExtractRequest request;
    request.mutable_go()->set_fence(fence);
    call_->Write(request);
  }
  void Stop() {
    v1::ExtractRequest request;
    request.mutable_stop();
    call_->Write(request);
  }
  Followed Follow() {
    Followed followed;
    v1::ExtractResponse response;
    std::optional<v1::LoadResult> result;
    while (call_->Read(&response)) {
      followed.begun |= response.has_begun();
      if (response.has_progress()) followed.rows_loaded = response.progress().rows_loaded();
      if (response.has_finished()) result = response.finished();
    }
    const absl::Status status = call_->Finish();
    if (status.ok() && result) {
      followed.end = *result;
    } else if (!status.ok()) {
      followed.end = status;
    }
    return followed;
  }

 private:
  absl::StatusOr<std::string> Accepted(const v1::ExtractRequest& request) {
    call_->Write(request);
    v1::ExtractResponse response;
    if (call_->Read(&response) && response.has_accepted()) return response.accepted().address();
    return call_->Finish();
  }

  ExtractorClient client_;
  std::unique_ptr<ExtractorClient::ExtractStream> call_;
};

class ExtractTest : public KeptRunTest {
 protected:
  static constexpr int kGrace = 60;

  // The run is under way when this returns.
  void Begin(Owner& owner, int grace = kGrace) {
    ASSERT_THAT(owner.Offer(OfferOf(run_id_), grace), IsOk());
    owner.Go(Draw());
    reading_.AwaitArrival();
  }
  int64_t Draw() {
    v1::ReserveRunRequest request;
    *request.mutable_target() = OfferOf(run_id_).target();
    request.set_run_id(run_id_);
    request.set_draw(++draws_);
    const auto reserved = loader_client_.ReserveRun(request);
    EXPECT_THAT(reserved, IsOk());
    return reserved->fence();
  }

  // A run under way that its first owner's connection has broken from.
  void BeginAndBreak(int grace = kGrace) {
    Owner first(first_way_.address());
    Begin(first, grace);
    first_way_.Cut();
    EXPECT_THAT(first.Follow().end, HasReason(Reason::kPeerUnreachable));
    if (grace > 0) extractor_.process().WaitForLine("run goes on without its owner");
  }

  void ExpectFinished(const Followed& followed) {
    ASSERT_THAT(followed.end, IsOk());
    EXPECT_EQ(followed.end->outcome(), v1::LOAD_OUTCOME_PUBLISHED);
    EXPECT_EQ(followed.end->rows(), kRows);
    EXPECT_EQ(followed.rows_loaded, kRows);
    EXPECT_TRUE(followed.begun);
    ExpectPublished(run_id_, /*fences=*/1);
  }

  absl::Status AttachAndFail(int64_t fence = 1) {
    Owner owner(extractor_.address());
    RETURN_IF_ERROR(owner.Attach(run_id_, fence).status());
    return owner.Follow().end.status();
  }

  uint32_t draws_ = 0;
};

TEST_F(ExtractTest, ARunOutlivesItsOwnersConnection) {
  BeginAndBreak();
  Owner second(extractor_.address());
  const auto address = second.Attach(run_id_, 1);
  ASSERT_THAT(address, IsOk());
  EXPECT_EQ(*address, extractor_.address());
  reading_.Release();
  ExpectFinished(second.Follow());
}

TEST_F(ExtractTest, AnEndThatNobodyHeardIsKept) {
  BeginAndBreak();
  reading_.Release();
  AwaitPublished();
  extractor_.process().WaitForLine("run has ended without an owner");
  for (int i = 0; i < 2; ++i) {
    Owner late(extractor_.address());
    ASSERT_THAT(late.Attach(run_id_, 1), IsOk());
    ExpectFinished(late.Follow());
  }
}

TEST_F(ExtractTest, AFailureThatNobodyHeardIsKept) {
  BeginAndBreak();
  // Another run of the stream is drawn for.
  v1::ReserveRunRequest request;
  *request.mutable_target() = OfferOf(run_id_).target();
  request.set_run_id("another");
  request.set_draw(1);
  ASSERT_THAT(loader_client_.ReserveRun(request), IsOk());
  reading_.Release();
  extractor_.process().WaitForLine("run failed without an owner");
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kSuperseded));
}

TEST_F(ExtractTest, ARunThatNobodyTakesOverIsStopped) {
  BeginAndBreak(/*grace=*/1);
  extractor_.process().WaitForLine("run is stopped: nobody has taken it over");
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kRunNotFound));
  extractor_.process().WaitForLine("run failed without an owner");
  AwaitNoSourceQueries();
  ExpectNothingVisible();
  reading_.Release();
  // Its slot is free, the only one.
  Owner next(extractor_.address());
  ASSERT_THAT(next.Offer(OfferOf(run_id_), kGrace), IsOk());
  next.Go(Draw());
  const Followed followed = next.Follow();
  ASSERT_THAT(followed.end, IsOk());
  ExpectPublished(run_id_, /*fences=*/2);
}

TEST_F(ExtractTest, AnEndIsForgottenAfterTheGraceTime) {
  BeginAndBreak(/*grace=*/1);
  Owner second(extractor_.address());
  ASSERT_THAT(second.Attach(run_id_, 1), IsOk());
  reading_.Release();
  ExpectFinished(second.Follow());
  while (AttachAndFail().ok()) {
  }
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kRunNotFound));
}

TEST_F(ExtractTest, AnotherFenceIsAnotherExtraction) {
  BeginAndBreak();
  EXPECT_THAT(AttachAndFail(/*fence=*/2), HasReason(Reason::kRunNotFound));
  Owner second(extractor_.address());
  ASSERT_THAT(second.Attach(run_id_, 1), IsOk());
  reading_.Release();
  ExpectFinished(second.Follow());
}

TEST_F(ExtractTest, ALaterOwnerSupersedesAnEarlierOne) {
  Owner first(first_way_.address()), second(extractor_.address()), third(extractor_.address());
  Begin(first);
  ASSERT_THAT(second.Attach(run_id_, 1), IsOk());
  EXPECT_THAT(first.Follow().end, HasReason(Reason::kSuperseded));
  ASSERT_THAT(third.Attach(run_id_, 1), IsOk());
  EXPECT_THAT(second.Follow().end, HasReason(Reason::kSuperseded));
  reading_.Release();
  ExpectFinished(third.Follow());
}

TEST_F(ExtractTest, AStopEndsTheRunFromTheCallThatOwnsIt) {
  BeginAndBreak();
  Owner second(extractor_.address());
  ASSERT_THAT(second.Attach(run_id_, 1), IsOk());
  second.Stop();
  EXPECT_THAT(second.Follow().end, HasReason(Reason::kStopped));
  AwaitNoSourceQueries();
  ExpectNothingVisible();
  reading_.Release();
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kStopped));
}

TEST_F(ExtractTest, WithoutAGraceTimeABrokenCallStopsTheRun) {
  BeginAndBreak(/*grace=*/0);
  AwaitNoSourceQueries();
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kRunNotFound));
  ExpectNothingVisible();
  reading_.Release();
}

TEST_F(ExtractTest, AnOwnerWhoLeavesBeforeItsGoLeavesNoRun) {
  {
    Owner first(first_way_.address());
    ASSERT_THAT(first.Offer(OfferOf(run_id_), kGrace), IsOk());
    // The only slot.
    Owner second(extractor_.address());
    EXPECT_THAT(second.Offer(OfferOf(run_id_), kGrace), HasReason(Reason::kSlotsExhausted));
  }
  extractor_.process().WaitForLine("the owner left before the run began");
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kRunNotFound));
}

TEST_F(ExtractTest, AFenceServesOneExtraction) {
  BeginAndBreak();
  ServiceProcess other("extractor", {"--loader=" + loader_.address()});
  Owner again(other.address());
  ASSERT_THAT(again.Offer(OfferOf(run_id_), kGrace), IsOk());
  again.Go(1);
  EXPECT_THAT(again.Follow().end, HasReason(Reason::kFenceReused));
  Owner second(extractor_.address());
  ASSERT_THAT(second.Attach(run_id_, 1), IsOk());
  reading_.Release();
  ExpectFinished(second.Follow());
}

TEST_F(ExtractTest, SigtermEndsRunsWithAndWithoutAnOwner) {
  BeginAndBreak();
  Owner second(extractor_.address());
  ASSERT_THAT(second.Attach(run_id_, 1), IsOk());
  extractor_.process().Signal(SIGTERM);
  EXPECT_THAT(second.Follow().end, HasReason(Reason::kShuttingDown));
  EXPECT_EQ(extractor_.process().Wait(), 0);
  reading_.Release();
  ExpectNothingVisible();
}

TEST_F(ExtractTest, SigtermEndsARunWithoutAnOwner) {
  BeginAndBreak();
  extractor_.process().Signal(SIGTERM);
  EXPECT_EQ(extractor_.process().Wait(), 0);
  AwaitNoSourceQueries();
  reading_.Release();
  ExpectNothingVisible();
}

TEST_F(ExtractTest, AnExtractorThatWasKilledKnowsNoRun) {
  BeginAndBreak();
  extractor_.process().Kill();
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kPeerUnreachable));
  extractor_.Restart();
  EXPECT_THAT(AttachAndFail(), HasReason(Reason::kRunNotFound));
  reading_.Release();
}

TEST_F(ExtractTest, AnExtractorTellsTheAddressThatItIsGiven) {
  ServiceProcess elsewhere("extractor",
                           {"--loader=" + loader_.address(), "--advertise=extractor-3:7402"});
  Owner owner(elsewhere.address());
  const auto address = owner.Offer(OfferOf(run_id_), kGrace);
  ASSERT_THAT(address, IsOk());
  EXPECT_EQ(*address, "extractor-3:7402");
}

}  // namespace
}  // namespace lockstitch::tests

// Kept runs by schedulers that come and go: dispatches against a real extractor and loader.

#include "services/scheduler/dispatch.h"

#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "status/reason.h"
#include "testing/status_matchers.h"
#include "tests/attach/kept_run_stack.h"

namespace lockstitch::tests {
namespace {

using scheduler::Dispatch;
using scheduler::DispatchedRun;
using ::testing::Contains;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;

// One scheduler's dispatch of a run, in a thread of its own.
class Scheduler {
 public:
  // `left` is what it finds in the catalog.
  Scheduler(const v1::ExtractOffer& offer, const std::string& extractor,
            const loader::LoaderClient& loader, const DispatchedRun& left = {}, bool leads = true)
      : client_(rpc::Connect(extractor), "extractor"),
        leads_(leads),
        recorded_(left),
        dispatch_(offer,
                  {.extractor = &client_,
                   .loader = &loader,
                   .stop = stop.get_token(),
                   .leave = leave.get_token(),
                   .keeping =
                       Dispatch::Keeping{
                           .grace = absl::Minutes(10),
                           .extractors = &directory_,
                           .record = [this](const DispatchedRun& run) { return Record(run); },
                           .left = left}},
                  [this](const v1::ExtractResponse& response) { Listen(response); }) {}

  void Start() {
    thread_ = std::thread([this] { end_ = dispatch_.Run(); });
  }
  absl::StatusOr<v1::LoadResult> Join() {
    thread_.join();
    return end_;
  }
  absl::StatusOr<v1::LoadResult> Run() { return dispatch_.Run(); }

  void LoseLeadership() {
    absl::MutexLock lock(&mutex_);
    leads_ = false;
  }
  // What the catalog holds of the run.
  DispatchedRun recorded() {
    absl::MutexLock lock(&mutex_);
    return recorded_;
  }
  std::vector<std::string> log() {
    absl::MutexLock lock(&mutex_);
    return log_;
  }
  void AwaitLog() {
    absl::MutexLock lock(&mutex_);
    const auto told = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !log_.empty(); };
    mutex_.Await(absl::Condition(&told));
  }
  const Dispatch& dispatch() const { return dispatch_; }

  std::stop_source stop, leave;

 private:
  absl::Status Record(const DispatchedRun& run) {
    absl::MutexLock lock(&mutex_);
    if (!leads_) return Error(Reason::kSuperseded, "another scheduler leads");
    recorded_ = run;
    return absl::OkStatus();
  }
  void Listen(const v1::ExtractResponse& response) {
    absl::MutexLock lock(&mutex_);
    if (response.has_log()) log_.push_back(response.log().message());
  }

  scheduler::ExtractorDirectory directory_;
  extractor::ExtractorClient client_;
  absl::Mutex mutex_;
  bool leads_ ABSL_GUARDED_BY(mutex_);
  DispatchedRun recorded_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> log_ ABSL_GUARDED_BY(mutex_);
  Dispatch dispatch_;
  absl::StatusOr<v1::LoadResult> end_ = absl::UnknownError("runs");
  std::thread thread_;
};

class DispatchTest : public KeptRunTest {
 protected:
  // A run under way whose scheduler has left it: what the catalog holds.
  DispatchedRun BeginAndLeave() {
    Scheduler first(OfferOf(run_id_), first_way_.address(), loader_client_);
    first.Start();
    reading_.AwaitArrival();
    first.leave.request_stop();
    EXPECT_FALSE(first.Join().ok());
    EXPECT_TRUE(first.dispatch().left());
    extractor_.process().WaitForLine("run goes on without its owner");
    EXPECT_EQ(first.recorded().fence, 1);
    EXPECT_EQ(first.recorded().draws, 1u);
    EXPECT_EQ(first.recorded().extractor, extractor_.address());
    return first.recorded();
  }

  Scheduler Next(const DispatchedRun& left, bool leads = true) {
    return Scheduler(OfferOf(run_id_), extractor_.address(), loader_client_, left, leads);
  }

  void ExpectFinished(const absl::StatusOr<v1::LoadResult>& end, const Dispatch& dispatch,
                      int64_t extractions) {
    ASSERT_THAT(end, IsOk());
    EXPECT_EQ(end->rows(), kRows);
    EXPECT_FALSE(dispatch.left());
    EXPECT_EQ(dispatch.attempts(), extractions);
    ExpectPublished(run_id_, extractions);
  }
};

TEST_F(DispatchTest, TheNextSchedulerGoesOnWithTheRun) {
  Scheduler second = Next(BeginAndLeave());
  second.Start();
  reading_.Release();
  const auto end = second.Join();
  ExpectFinished(end, second.dispatch(), 1);
  EXPECT_THAT(second.log(), Contains(HasSubstr("goes on with the run at the extractor at")));
}

TEST_F(DispatchTest, ASchedulerWhoseConnectionBreaksComesBack) {
  Scheduler only(OfferOf(run_id_), first_way_.address(), loader_client_);
  only.Start();
  reading_.AwaitArrival();
  first_way_.Cut();
  extractor_.process().WaitForLine("run goes on without its owner");
  reading_.Release();
  const auto end = only.Join();
  ExpectFinished(end, only.dispatch(), 1);
  EXPECT_THAT(only.log(), Contains(HasSubstr("going on with the run:")));
}

TEST_F(DispatchTest, AResultThatNobodyHeardCounts) {
  const DispatchedRun left = BeginAndLeave();
  reading_.Release();
  AwaitPublished();
  Scheduler second = Next(left);
  ExpectFinished(second.Run(), second.dispatch(), 1);
}

TEST_F(DispatchTest, AResultThatNoExtractorKnowsIsTheLoaders) {
  const DispatchedRun left = BeginAndLeave();
  reading_.Release();
  AwaitPublished();
  extractor_.process().Kill();
  extractor_.Restart();
  Scheduler second = Next(left);
  const auto end = second.Run();
  ASSERT_THAT(end, IsOk());
  EXPECT_EQ(end->rows(), kRows);
  ExpectPublished(run_id_, /*fences=*/1);
}

TEST_F(DispatchTest, ARunWhoseExtractorDiedIsReadAnew) {
  const DispatchedRun left = BeginAndLeave();
  extractor_.process().Kill();
  reading_.Release();
  Scheduler second = Next(left);
  second.Start();
  extractor_.Restart();
  const auto end = second.Join();
  ASSERT_THAT(end, IsOk());
  ExpectPublished(run_id_, /*fences=*/2);
  EXPECT_EQ(second.recorded().fence, 2);
  EXPECT_EQ(second.recorded().draws, 2u);
  EXPECT_THAT(second.log(), Contains(HasSubstr("what was read is lost:")));
}

TEST_F(DispatchTest, AnExtractorThatCannotBeReachedForAWhileKeepsItsRun) {
  DispatchedRun left = BeginAndLeave();
  left.extractor = first_way_.address();
  first_way_.Refuse();
  Scheduler second = Next(left);
  second.Start();
  second.AwaitLog();
  EXPECT_THAT(second.log(), Contains(HasSubstr("going on with the run:")));
  first_way_.Pass();
  reading_.Release();
  const auto end = second.Join();
  ExpectFinished(end, second.dispatch(), 1);
}

TEST_F(DispatchTest, ARunThatTheExtractorHasForgottenIsReadAnew) {
  DispatchedRun left = BeginAndLeave();
  extractor_.process().Kill();
  extractor_.Restart();
  reading_.Release();
  Scheduler second = Next(left);
  ExpectFinished(second.Run(), second.dispatch(), 2);
}

TEST_F(DispatchTest, AStopEndsARunThatWasGoneOnWith) {
  Scheduler second = Next(BeginAndLeave());
  second.Start();
  second.AwaitLog();
  second.stop.request_stop();
  EXPECT_THAT(second.Join(), HasReason(Reason::kStopped));
  EXPECT_FALSE(second.dispatch().left());
  reading_.Release();
  ExpectNothingVisible();
  EXPECT_EQ(destination_->Text("SELECT string_agg(state, ',') FROM _lockstitch.loads"), "aborted");
}

TEST_F(DispatchTest, AStopBeforeTheRunIsGoneOnWithAbortsItsLoad) {
  Scheduler second = Next(BeginAndLeave());
  second.stop.request_stop();
  EXPECT_THAT(second.Run(), HasReason(Reason::kStopped));
  EXPECT_EQ(destination_->Text("SELECT string_agg(state, ',') FROM _lockstitch.loads"), "aborted");
  reading_.Release();
  extractor_.process().WaitForLine("run failed without an owner");
  ExpectNothingVisible();
}

TEST_F(DispatchTest, WithoutTheLeadershipNothingIsSent) {
  Scheduler stale = Next({}, /*leads=*/false);
  EXPECT_THAT(stale.Run(), HasReason(Reason::kSuperseded));
  EXPECT_TRUE(stale.dispatch().left());
  extractor_.process().WaitForLine("the owner left before the run began");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads"), 0);
  // What it drew served nothing: the next one's draw is the same.
  Scheduler next = Next(stale.recorded());
  next.Start();
  reading_.AwaitArrival();
  reading_.Release();
  ExpectFinished(next.Join(), next.dispatch(), 1);
}

TEST_F(DispatchTest, ASchedulerThatLeadsNoMoreLeavesTheRunToTheNext) {
  Scheduler stale(OfferOf(run_id_), first_way_.address(), loader_client_);
  stale.Start();
  reading_.AwaitArrival();
  stale.LoseLeadership();
  // It doesn't know, and its call is ended by the next one's.
  Scheduler next = Next(stale.recorded());
  next.Start();
  EXPECT_FALSE(stale.Join().ok());
  EXPECT_TRUE(stale.dispatch().left());
  reading_.Release();
  ExpectFinished(next.Join(), next.dispatch(), 1);
}

TEST_F(DispatchTest, AnOwnerThatWasSupersededByMistakeTakesTheRunBack) {
  Scheduler leader(OfferOf(run_id_), first_way_.address(), loader_client_);
  leader.Start();
  reading_.AwaitArrival();
  Scheduler stray = Next(leader.recorded(), /*leads=*/false);
  stray.Start();
  EXPECT_FALSE(stray.Join().ok());
  EXPECT_TRUE(stray.dispatch().left());
  reading_.Release();
  ExpectFinished(leader.Join(), leader.dispatch(), 1);
}

TEST_F(DispatchTest, AFailureOfTheRunIsTriedAgainWithAnotherDraw) {
  // More than fits into any buffer on the way.
  source_->Run("UPDATE t SET v = repeat('x', 3000)");
  const DispatchedRun left = BeginAndLeave();
  source_->Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
      "'lockstitch extractor%'");
  reading_.Release();
  extractor_.process().WaitForLine("run failed without an owner");
  Scheduler second = Next(left);
  ExpectFinished(second.Run(), second.dispatch(), 2);
  EXPECT_EQ(second.recorded().draws, 2u);
  EXPECT_THAT(second.log(), Contains(HasSubstr("trying again: SNAPSHOT_LOST")));
}

}  // namespace
}  // namespace lockstitch::tests

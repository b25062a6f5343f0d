#include "services/extractor/kept_run.h"

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "status/reason.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using testing::IsOk;

constexpr absl::Duration kGrace = absl::Minutes(2);

// An owner that keeps what it is told: "begun", "rows 3", "log text".
class FakeOwner : public OwnerCall {
 public:
  void Report(const v1::ExtractResponse& response) override {
    absl::MutexLock lock(&mutex_);
    if (response.has_begun()) told_.push_back("begun");
    if (response.has_log()) told_.push_back("log " + response.log().message());
    if (response.has_progress())
      told_.push_back("rows " + std::to_string(response.progress().rows_loaded()));
    if (response.has_snapshot_sums()) told_.push_back("sums");
  }
  absl::StatusOr<int64_t> AwaitFence() override { return 1; }
  std::stop_token stopped() const override { return stop.get_token(); }
  std::stop_token gone() const override { return leave.get_token(); }

  std::vector<std::string> told() const {
    absl::MutexLock lock(&mutex_);
    return told_;
  }
  void AwaitTold(size_t lines) const {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return told_.size() >= lines; };
    mutex_.Await(absl::Condition(&enough));
  }

  std::stop_source stop, leave;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
};

v1::ExtractResponse Begun() {
  v1::ExtractResponse response;
  response.mutable_begun();
  return response;
}
v1::ExtractResponse Rows(int64_t rows) {
  v1::ExtractResponse response;
  response.mutable_progress()->set_rows_loaded(rows);
  return response;
}
v1::ExtractResponse Line(const std::string& text) {
  v1::ExtractResponse response;
  response.mutable_log()->set_message(text);
  return response;
}

// A run that reports what the test has it report, and ends when the test says so or it is stopped.
class KeptRunTest : public ::testing::Test {
 protected:
  KeptRunTest() : run_(std::make_unique<KeptRun>("r", 7, kGrace, Work())) {}
  ~KeptRunTest() override {
    End();
    run_.reset();
  }

  KeptRun::Work Work() {
    return [this](RunOwner&, std::stop_token stop) -> absl::StatusOr<v1::LoadResult> {
      const std::stop_callback on_stop(stop, [this] { End(); });
      end_.WaitForNotification();
      if (stop.stop_requested()) return Error(Reason::kStopped, "stopped");
      v1::LoadResult result;
      result.set_rows(3);
      return result;
    };
  }
  void End() {
    absl::MutexLock lock(&mutex_);
    if (!end_.HasBeenNotified()) end_.Notify();
  }

  // An owner that has followed and gone.
  void FollowAndLeave() {
    FakeOwner owner;
    owner.leave.request_stop();
    EXPECT_THAT(run_->Follow(owner), HasReason(Reason::kStopped));
  }
  // The run must have ended.
  std::vector<std::string> ToldAtTheEnd() {
    FakeOwner owner;
    EXPECT_THAT(run_->Follow(owner), IsOk());
    return owner.told();
  }

  absl::Mutex mutex_;
  absl::Notification end_;
  std::unique_ptr<KeptRun> run_;
};

TEST_F(KeptRunTest, TellsTheNextOwnerWhatItHasComeTo) {
  FollowAndLeave();
  run_->Report(Begun());
  run_->Report(Line("one"));
  run_->Report(Rows(1));
  run_->Report(Rows(2));
  v1::ExtractResponse sums;
  sums.mutable_snapshot_sums();
  run_->Report(sums);
  End();
  EXPECT_THAT(ToldAtTheEnd(), ElementsAre("begun", "rows 2", "sums", "log one"));
  // Lines that were told are told once; all else as often as somebody asks.
  EXPECT_THAT(ToldAtTheEnd(), ElementsAre("begun", "rows 2", "sums"));
}

TEST_F(KeptRunTest, AnswersItsResultToEachOwner) {
  End();
  for (int i = 0; i < 2; ++i) {
    FakeOwner owner;
    const auto result = run_->Follow(owner);
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->rows(), 3);
  }
}

TEST_F(KeptRunTest, TellsHowManyLinesItDropped) {
  for (int i = 0; i < 205; ++i) run_->Report(Line(std::to_string(i)));
  End();
  const std::vector<std::string> told = ToldAtTheEnd();
  ASSERT_EQ(told.size(), 201u);
  EXPECT_EQ(told.front(), "log 5 lines of the run's log were dropped while nobody followed it");
  EXPECT_EQ(told[1], "log 5");
  EXPECT_EQ(told.back(), "log 204");
}

TEST_F(KeptRunTest, ALaterOwnerTakesOver) {
  FakeOwner first, second;
  absl::StatusOr<v1::LoadResult> of_first;
  run_->Report(Rows(1));
  std::thread following([&] { of_first = run_->Follow(first); });
  first.AwaitTold(1);
  std::thread following_too([&] { EXPECT_THAT(run_->Follow(second), IsOk()); });
  following.join();
  EXPECT_THAT(of_first, HasReason(Reason::kSuperseded));
  // The first one's stop counts no more.
  first.stop.request_stop();
  run_->Report(Rows(2));
  second.AwaitTold(2);
  End();
  following_too.join();
  EXPECT_THAT(first.told(), ElementsAre("rows 1"));
  EXPECT_THAT(second.told(), ElementsAre("rows 1", "rows 2"));
}

TEST_F(KeptRunTest, EndsAtItsOwnersStop) {
  FakeOwner owner;
  owner.stop.request_stop();
  EXPECT_THAT(run_->Follow(owner), HasReason(Reason::kStopped));
  EXPECT_TRUE(run_->ended_at());
}

TEST_F(KeptRunTest, ExpiresAfterItsGraceTimeAlone) {
  FollowAndLeave();
  const absl::Time now = absl::Now();
  EXPECT_FALSE(run_->Expire(now + kGrace - absl::Minutes(1)));
  EXPECT_TRUE(run_->Expire(now + kGrace));
  // It was stopped by that.
  end_.WaitForNotification();
  FakeOwner late;
  EXPECT_THAT(run_->Follow(late), HasReason(Reason::kRunNotFound));
}

TEST_F(KeptRunTest, DoesNotExpireWhileItIsFollowed) {
  FakeOwner owner;
  run_->Report(Rows(1));
  std::thread following([&] { EXPECT_THAT(run_->Follow(owner), IsOk()); });
  owner.AwaitTold(1);
  EXPECT_FALSE(run_->Expire(absl::Now() + 10 * kGrace));
  End();
  following.join();
  // Its end is kept for as long, whoever asks for it.
  const absl::Time now = absl::Now();
  EXPECT_FALSE(run_->Expire(now + kGrace - absl::Minutes(1)));
  ToldAtTheEnd();
  EXPECT_TRUE(run_->Expire(now + kGrace));
}

}  // namespace
}  // namespace lockstitch::extractor

#include "services/scheduler/store/leadership.h"

#include <signal.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "services/scheduler/store/test_catalog.h"
#include "testing/child_process.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kProgram[] = "services/scheduler/store/leading_process";

class LeadershipTest : public ::testing::Test {
 protected:
  std::unique_ptr<testing::ChildProcess> Start() {
    auto process = std::make_unique<testing::ChildProcess>(
        testing::ChildProcess::Options{.command = {kProgram, catalog_.url}});
    EXPECT_NE(process->WaitForLine("waits"), "") << process->stderr_text();
    return process;
  }
  int64_t Term() { return catalog_.database.Int("SELECT term FROM lockstitch.leadership"); }

  TestCatalog catalog_;
};

TEST_F(LeadershipTest, OfManyOneLeadsAtATimeAndEachWithATermOfItsOwn) {
  constexpr int kCandidates = 4;
  std::atomic<int> leading = 0, most = 0;
  std::atomic<int64_t> last_term = 0;
  std::vector<std::stop_source> stops(kCandidates);
  std::vector<std::thread> candidates;
  for (int i = 0; i < kCandidates; ++i) {
    candidates.emplace_back([&, i] {
      Leadership::Run(
          {.catalog = catalog_.catalog.get(), .holder = absl::StrCat("candidate ", i)},
          [&, i](int64_t term, std::stop_token lost) {
            most = std::max<int>(most, ++leading);
            EXPECT_EQ(term, last_term + 1);
            last_term = term;
            // Resigns, for the next.
            stops[i].request_stop();
            absl::Notification told;
            const std::stop_callback tell(lost, [&] { told.Notify(); });
            told.WaitForNotification();
            --leading;
          },
          stops[i].get_token());
    });
  }
  for (std::thread& candidate : candidates) candidate.join();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(last_term, kCandidates);
  EXPECT_EQ(Term(), kCandidates);
  EXPECT_THAT(catalog_.database.Text("SELECT holder FROM lockstitch.leadership"),
              HasSubstr("candidate "));
}

TEST_F(LeadershipTest, AStoppedLeaderIsReplacedAndWritesNothingOnceItWakes) {
  const std::unique_ptr<testing::ChildProcess> first = Start();
  ASSERT_NE(first->WaitForLine("leads 1"), "");
  const std::unique_ptr<testing::ChildProcess> second = Start();
  first->Signal(SIGSTOP);
  const absl::Time stopped_at = absl::Now();
  ASSERT_NE(second->WaitForLine("leads 2"), "");
  RecordProperty("seconds_to_take_over", absl::FormatDuration(absl::Now() - stopped_at));
  EXPECT_THAT(first->stdout_text(), Not(HasSubstr("lost")));
  first->Signal(SIGCONT);
  // Whichever comes first, a write or the loss being told, it is the end of its term.
  ASSERT_NE(first->WaitForLine("lost 1"), "");
  EXPECT_EQ(Term(), 2);
  EXPECT_THAT(second->stdout_text(), Not(HasSubstr("lost")));
  // It stands by.
  second->Kill();
  EXPECT_NE(first->WaitForLine("leads 3"), "");
}

TEST_F(LeadershipTest, ATermThatIsTakenAwayIsNoticedByTheNextWrite) {
  const std::unique_ptr<testing::ChildProcess> leader = Start();
  ASSERT_NE(leader->WaitForLine("leads 1"), "");
  catalog_.Lead();
  EXPECT_NE(leader->WaitForLine("refused 1"), "");
}

TEST_F(LeadershipTest, ALeaderThatEndsHandsOver) {
  const std::unique_ptr<testing::ChildProcess> first = Start();
  ASSERT_NE(first->WaitForLine("leads 1"), "");
  const std::unique_ptr<testing::ChildProcess> second = Start();
  first->Signal(SIGTERM);
  EXPECT_EQ(first->Wait(), 0);
  EXPECT_THAT(first->stdout_text(), HasSubstr("lost 1"));
  EXPECT_NE(second->WaitForLine("leads 2"), "");
}

TEST_F(LeadershipTest, ARestartOfTheCatalogIsOutlived) {
  const std::unique_ptr<testing::ChildProcess> leader = Start();
  ASSERT_NE(leader->WaitForLine("leads 1"), "");
  TestCatalog::Cluster().Crash();
  EXPECT_NE(leader->WaitForLine("lost 1"), "");
  EXPECT_NE(leader->WaitForLine("leads 2"), "");
  EXPECT_FALSE(leader->Ended());
}

}  // namespace
}  // namespace lockstitch::scheduler

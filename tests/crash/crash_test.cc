// Faults at random instants while jobs follow one another and writers change the source. Whenever
// the faults and the writers pause, one more job must make the destination exact: every row of the
// source is there as often as at the source, and no other.
//
// --faults=N says how many there are, --seed=N which.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "tests/crash/fault_injector.h"
#include "tests/crash/faulty_stack.h"
#include "tests/crash/workload.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

int fault_count = 50;
uint64_t seed = std::random_device()();

// Between two comparisons.
constexpr int kFaultsPerRound = 25;

// Reasons that a stream, or a job, may fail for while faults go on: those of lost and late peers. A
// job that its scheduler forgot may draw later than the one that is followed.
const char* const kAllowed[] = {"CONNECTION_LOST",  "HOST_UNREACHABLE", "PEER_UNREACHABLE",
                                "PROGRESS_STALLED", "SERVER_STARTING",  "SHUTTING_DOWN",
                                "SUPERSEDED",       "RUN_ABORTED",      "SNAPSHOT_LOST"};

// Runs jobs one after another, in a thread of its own, until it goes.
class Jobs {
 public:
  struct Counts {
    int jobs = 0;
    int succeeded = 0;
    int64_t rows = 0;
    std::map<std::string, int> failures;  // Of streams and jobs, by reason.
  };

  // Of the integration; `counts` goes on.
  Jobs(const std::string& scheduler, const v1::Integration& integration, uint64_t seed,
       Counts* counts)
      : thread_([=, this] {
          std::mt19937_64 random(seed);
          while (!stop_.HasBeenNotified()) {
            // Some do the first loads anew.
            const JobOutcome outcome = RunJobAt(scheduler, integration, random() % 8 == 0);
            Count(outcome, counts);
            // Where nobody answers, jobs fail by the hundred.
            if (outcome.job.state() != v1::JOB_STATE_SUCCEEDED)
              stop_.WaitForNotificationWithTimeout(absl::Milliseconds(500));
          }
        }) {}
  ~Jobs() {
    stop_.Notify();
    thread_.join();
  }

  static void Count(const JobOutcome& outcome, Counts* counts) {
    ++counts->jobs;
    if (outcome.job.state() == v1::JOB_STATE_SUCCEEDED) ++counts->succeeded;
    if (outcome.job.has_error()) ++counts->failures[outcome.job.error().reason()];
    for (const v1::StreamRun& run : outcome.streams) {
      counts->rows += run.progress().rows_loaded();
      if (run.has_error()) ++counts->failures[run.error().reason()];
    }
  }

 private:
  absl::Notification stop_;
  std::thread thread_;
};

std::string Listed(const std::map<std::string, int>& counts) {
  return absl::StrJoin(counts, ", ", absl::PairFormatter(" "));
}

class CrashTest : public ::testing::Test {
 protected:
  CrashTest() {
    MakeCrashTables(stack_.source.Url("postgres"));
    integration_ = IntegrationOf("crash", stack_.source_url(), stack_.destination_url());
    for (const CrashStream& stream : CrashStreams()) *integration_.add_streams() = stream.settings;
  }

  // Faults, jobs and writers at once; returns when all of them have ended.
  void Disturb(FaultInjector& injector, int faults, uint64_t round) {
    const Writers writers(stack_.source.Url("postgres"), seed + round);
    const Jobs jobs(stack_.scheduler.address(), integration_, seed + round, &counts_);
    for (int fault = 0; fault < faults; ++fault) injector.Inject();
    injector.Mend();
  }

  void ExpectExact() {
    const JobOutcome outcome = RunJobAt(stack_.scheduler.address(), integration_);
    Jobs::Count(outcome, &counts_);
    EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED)
        << outcome.job.ShortDebugString() << "\n"
        << absl::StrJoin(outcome.log, "\n");
    for (const CrashStream& stream : CrashStreams()) {
      const Difference difference = Compare(stream, stack_.source.Url("postgres"),
                                            stack_.destination.Url("postgres"), "crash");
      lost_ += difference.lost.size();
      doubled_ += difference.doubled.size();
      Show(stream, "lost", difference.lost);
      Show(stream, "doubled", difference.doubled);
    }
    ExpectVerified();
  }

  // What users find out with says the same.
  void ExpectVerified() {
    const testing::CommandResult verified =
        testing::RunCommand({.command = {"cli/lockstitch", "verify", "--name", "crash", "--source",
                                         stack_.source.Url("postgres"), "--destination",
                                         stack_.destination.Url("postgres")}});
    EXPECT_EQ(verified.status, 0) << "seed " << seed << "\n" << verified.out << verified.err;
  }

  static void Show(const CrashStream& stream, const char* what,
                   const std::vector<std::string>& rows) {
    constexpr size_t kShown = 10;
    const std::vector<std::string> shown(rows.begin(),
                                         rows.begin() + std::min(rows.size(), kShown));
    EXPECT_TRUE(rows.empty()) << "seed " << seed << ": " << stream.settings.stream() << " " << what
                              << " " << rows.size() << ": " << absl::StrJoin(shown, " ");
  }

  FaultyStack stack_;
  v1::Integration integration_;
  Jobs::Counts counts_;
  size_t lost_ = 0;
  size_t doubled_ = 0;
};

TEST_F(CrashTest, NothingIsLostAndNothingDoubled) {
  FaultInjector injector(stack_, seed);
  for (int done = 0; done < fault_count && !HasFailure(); done += kFaultsPerRound) {
    Disturb(injector, std::min(kFaultsPerRound, fault_count - done), static_cast<uint64_t>(done));
    ExpectExact();
  }
  for (const auto& [reason, count] : counts_.failures)
    EXPECT_THAT(kAllowed, ::testing::Contains(reason)) << count << " times";
  std::cout << "crash suite: seed " << seed << "; faults: " << Listed(injector.counts()) << "; "
            << counts_.jobs << " jobs, " << counts_.succeeded
            << " succeeded (stream failures: " << Listed(counts_.failures) << "); rows loaded "
            << counts_.rows << "; lost " << lost_ << ", doubled " << doubled_ << std::endl;
}

}  // namespace

// Takes the program's own flags.
void ParseFlags(int argc, char** argv) {
  for (absl::string_view argument : std::vector<absl::string_view>(argv + 1, argv + argc)) {
    if (absl::ConsumePrefix(&argument, "--faults="))
      fault_count = std::atoi(std::string(argument).c_str());
    else if (absl::ConsumePrefix(&argument, "--seed="))
      seed = std::strtoull(std::string(argument).c_str(), nullptr, 10);
  }
}

}  // namespace lockstitch::tests

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  lockstitch::tests::ParseFlags(argc, argv);
  return RUN_ALL_TESTS();
}

// Each process killed once at every step between the draw and the published result, per kind of
// stream.

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "tests/crash/stream_kinds.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::Combine;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::ValuesIn;

// A step: the process, named as its failpoint.
using Step = const char*;

constexpr Step kLoaderSteps[] = {
    "loader.fence.drawn",     "loader.load.recorded",     "loader.load.begun",
    "loader.batch.written",   "loader.chunk.copied",      "loader.chunk.recorded",
    "loader.chunk.committed", "loader.finish.publishing", "loader.finish.published"};
// Of loads that have a table of their own.
constexpr Step kPreparingSteps[] = {"loader.finish.preparing", "loader.finish.prepared"};
constexpr Step kExtractorSteps[] = {"extractor.snapshot.taken",     "extractor.range.opened",
                                    "extractor.batch.built",        "extractor.chunk.sent",
                                    "extractor.chunk.acknowledged", "extractor.range.sent",
                                    "extractor.finishing"};
constexpr Step kSchedulerSteps[] = {"scheduler.fence.drawn"};

class KillsTest : public StreamKindTest,
                  public ::testing::WithParamInterface<std::tuple<StreamKind, Step>> {
 protected:
  explicit KillsTest(ServiceProcess Stack::*service, const std::string& action = "kill")
      : kind_(std::get<0>(GetParam())),
        step_(std::get<1>(GetParam())),
        stack_(StackWith(step_, action)),
        service_(stack_.*service) {}

  // Runs the job while the process is killed at the step and started again.
  JobOutcome RunKilling() {
    JobOutcome outcome;
    std::atomic<bool> killed = false;
    std::thread job([&] {
      outcome = RunJob(stack_, Job(kind_));
      // A job that never comes to the step fails the test, rather than keep it waiting.
      if (!killed) service_.process().Signal(SIGTERM);
    });
    EXPECT_EQ(service_.process().Wait(), 128 + SIGKILL);
    killed = true;
    service_.Restart();
    job.join();
    return outcome;
  }

  // Both ends hold the same, also once the open transaction's rows have come, and verify says so.
  void ExpectExact() {
    StreamKindTest::ExpectExact();
    EXPECT_TRUE(Verify(stack_, Job(kind_)).IsVerified());
    if (!kind_.open) return;
    CommitOpenTransaction();
    ExpectSucceeded(RunJob(stack_, Job(kind_)));
    StreamKindTest::ExpectExact();
    EXPECT_TRUE(Verify(stack_, Job(kind_)).IsVerified());
  }

  // Rows that the run has committed, in all of its extractions.
  int64_t CommittedRows(const JobOutcome& outcome) {
    return destination_->Int("SELECT sum(rows) FROM _lockstitch.chunks WHERE run_id = '" +
                             outcome.stream("public.t").run_id() + "'");
  }

  // Extractions that have begun, with those of Prepare.
  int64_t Draws() { return destination_->Int("SELECT fence FROM _lockstitch.streams"); }

  // Rows that the present extractor process has read.
  int64_t ReadRows() {
    constexpr char kMetric[] = "\nlockstitch_extractor_rows_total{integration=\"s\"} ";
    const std::string page = testing::RunCommand({.command = {"curl", "--silent", "--fail",
                                                              stack_.extractor.metrics_url()}})
                                 .out;
    const size_t found = page.find(kMetric);
    return found == std::string::npos
               ? 0
               : static_cast<int64_t>(std::atof(page.c_str() + found + sizeof(kMetric) - 1));
  }

  const StreamKind kind_;
  const std::string step_;
  Stack stack_;
  ServiceProcess& service_;
};

std::string NameOf(const ::testing::TestParamInfo<KillsTest::ParamType>& info) {
  return std::get<0>(info.param).name + "_" +
         absl::StrReplaceAll(std::get<1>(info.param), {{".", "_"}});
}

class KilledLoaderTest : public KillsTest {
 protected:
  KilledLoaderTest() : KillsTest(&Stack::loader) {}
};

// The extraction goes on with its snapshot: what was durable is neither read nor written again.
TEST_P(KilledLoaderTest, CostsAChunkAtMost) {
  Prepare(kind_);
  const JobOutcome outcome = RunKilling();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Draws(), kind_.first ? 1 : 2);
  EXPECT_EQ(outcome.stream("public.t").progress().rows_loaded(), RowsToLoad(kind_));
  EXPECT_EQ(CommittedRows(outcome), RowsToLoad(kind_));
  if (kind_.InOrder()) {
    EXPECT_LE(ReadRows(), RowsToLoad(kind_) + kChunkRows);
  }
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Steps, KilledLoaderTest,
                         Combine(ValuesIn(StreamKinds()), ValuesIn(kLoaderSteps)), NameOf);
INSTANTIATE_TEST_SUITE_P(PreparingSteps, KilledLoaderTest,
                         Combine(ValuesIn(StreamKinds({"FullTable", "Merged", "FirstLoad",
                                                       "KeylessFirstLoad"})),
                                 ValuesIn(kPreparingSteps)),
                         NameOf);

class KilledExtractorTest : public KillsTest {
 protected:
  KilledExtractorTest() : KillsTest(&Stack::extractor) {}

  // How many rows the next extraction must read, at most: of chunks that were acknowledged before
  // the kill only the row at the bookmark.
  int64_t RowsLeft() const {
    const bool acknowledged = step_ == "extractor.chunk.acknowledged";
    if (kind_.InOrder() && acknowledged) return RowsToLoad(kind_) - kChunkRows + 1;
    const bool all_sent = step_ == "extractor.range.sent" || step_ == "extractor.finishing";
    if (kind_.InOrder() && all_sent) return kChunkRows + 1;
    return RowsToLoad(kind_);
  }
};

TEST_P(KilledExtractorTest, IsFollowedByAnExtractionOfWhatIsLeft) {
  Prepare(kind_);
  const JobOutcome outcome = RunKilling();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Draws(), kind_.first ? 2 : 3);
  if (kind_.method == v1::REPLICATION_METHOD_FULL_TABLE) {
    EXPECT_THAT(outcome.log, Contains(HasSubstr("starts over")));
  } else {
    EXPECT_LE(ReadRows(), RowsLeft() + (kind_.first ? RowsToLoad(kind_) : 0));
    // Nothing is committed twice but the row at a bookmark, which each extraction begins with, and
    // what lies past the horizon.
    if (!kind_.first) {
      EXPECT_LE(CommittedRows(outcome),
                RowsToLoad(kind_) + 1 + (kind_.open ? kRowsPastHorizon : 0));
    }
  }
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Steps, KilledExtractorTest,
                         Combine(ValuesIn(StreamKinds()), ValuesIn(kExtractorSteps)), NameOf);

// The fourth of six chunks that come in order.
constexpr char kKillInTheFourth[] = "kill@4";
constexpr Step kLoaderChunkSteps[] = {"loader.batch.written", "loader.chunk.copied",
                                      "loader.chunk.recorded", "loader.chunk.committed"};
constexpr Step kExtractorChunkSteps[] = {"extractor.batch.built", "extractor.chunk.sent",
                                         "extractor.chunk.acknowledged"};

std::vector<StreamKind> InOrder() { return StreamKinds({"Ordered", "Keyless"}); }

class LoaderKilledLaterTest : public KillsTest {
 protected:
  LoaderKilledLaterTest() : KillsTest(&Stack::loader, kKillInTheFourth) {}
};

TEST_P(LoaderKilledLaterTest, CostsThatChunkAtMost) {
  Prepare(kind_);
  const JobOutcome outcome = RunKilling();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Draws(), 2);
  EXPECT_EQ(CommittedRows(outcome), RowsToLoad(kind_));
  const bool durable = step_ == "loader.chunk.committed";
  EXPECT_LE(ReadRows(), RowsToLoad(kind_) + (durable ? 0 : kChunkRows));
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Steps, LoaderKilledLaterTest,
                         Combine(ValuesIn(InOrder()), ValuesIn(kLoaderChunkSteps)), NameOf);

class ExtractorKilledLaterTest : public KillsTest {
 protected:
  ExtractorKilledLaterTest() : KillsTest(&Stack::extractor, kKillInTheFourth) {}
};

TEST_P(ExtractorKilledLaterTest, LeavesWhatIsDurableBehind) {
  Prepare(kind_);
  const JobOutcome outcome = RunKilling();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Draws(), 3);
  // By the extractor that was started again: with the row at the bookmark, which is read anew.
  const int64_t durable = step_ == "extractor.chunk.acknowledged" ? 4 : 3;
  EXPECT_LE(ReadRows(), RowsToLoad(kind_) - durable * kChunkRows + 1);
  EXPECT_LE(CommittedRows(outcome), RowsToLoad(kind_) + 1);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Steps, ExtractorKilledLaterTest,
                         Combine(ValuesIn(InOrder()), ValuesIn(kExtractorChunkSteps)), NameOf);

class KilledSchedulerTest : public KillsTest {
 protected:
  KilledSchedulerTest() : KillsTest(&Stack::scheduler) {}
};

TEST_P(KilledSchedulerTest, LeavesToTheNextJobWhatItHadBegun) {
  Prepare(kind_);
  EXPECT_NE(RunKilling().job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(RunJob(stack_, Job(kind_)).job.state(), v1::JOB_STATE_SUCCEEDED);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Steps, KilledSchedulerTest,
                         Combine(ValuesIn(StreamKinds()), ValuesIn(kSchedulerSteps)), NameOf);

}  // namespace
}  // namespace lockstitch::tests

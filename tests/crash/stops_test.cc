// Processes that are stopped in the middle of a run and go on after another run has finished: the
// later run holds, and the earlier one says that it was superseded and isn't tried again.

#include <signal.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/crash/stream_kinds.h"

namespace lockstitch::tests {
namespace {

using ::testing::Combine;
using ::testing::HasSubstr;
using testing::Rendezvous;
using ::testing::ValuesIn;

// Where the run stands when a process is stopped: in COPY, before its commit, after it.
constexpr const char* kLoaderSteps[] = {"loader.batch.written", "loader.chunk.copied",
                                        "loader.chunk.committed"};
constexpr const char* kTransactionSteps[] = {"loader.chunk.recorded", "loader.finish.publishing"};
constexpr const char* kExtractorSteps[] = {"extractor.batch.built", "extractor.chunk.sent",
                                           "extractor.chunk.acknowledged"};

// Of one range, for speed: a stopped loader's other ranges may hold the stream's row, until its
// server ends them after ten seconds.
std::vector<StreamKind> OfOneRange(const std::set<std::string>& names = {}) {
  std::vector<StreamKind> kinds = StreamKinds(names);
  for (StreamKind& kind : kinds) kind.ranges = 1;
  return kinds;
}

// For what isn't about how rows are written.
std::vector<StreamKind> SomeKinds() { return OfOneRange({"FullTable", "Ordered", "FirstLoad"}); }

class StopsTest : public StreamKindTest,
                  public ::testing::WithParamInterface<std::tuple<StreamKind, const char*>> {
 protected:
  StopsTest() : kind_(std::get<0>(GetParam())), step_(std::get<1>(GetParam())) {}

  // Runs a job that waits at the step, and stops a process meanwhile; runs another job, with other
  // services, to its end; then lets both go on. Answers the first job's outcome.
  JobOutcome RunStopping(ServiceProcess Stack::*stopped) {
    Rendezvous at_step;
    Stack stack = StackWith(step_, at_step.action());
    JobOutcome outcome;
    std::thread job([&] { outcome = RunJob(stack, Job(kind_)); });
    at_step.AwaitArrival();
    (stack.*stopped).process().Signal(SIGSTOP);
    EXPECT_EQ(RunJob(SharedStack(), Job(kind_)).job.state(), v1::JOB_STATE_SUCCEEDED);
    ExpectExact();
    at_step.Release();
    (stack.*stopped).process().Signal(SIGCONT);
    job.join();
    return outcome;
  }

  void ExpectSuperseded(const JobOutcome& outcome) {
    const v1::StreamRun run = outcome.stream("public.t");
    EXPECT_EQ(run.state(), v1::STREAM_RUN_STATE_FAILED);
    EXPECT_EQ(run.error().reason(), "SUPERSEDED");
    EXPECT_THAT(run.error().message(), HasSubstr("superseded by run"));
    EXPECT_EQ(run.attempts(), 1u);
    ExpectExact();
  }

  const StreamKind kind_;
  const std::string step_;
};

std::string NameOf(const ::testing::TestParamInfo<StopsTest::ParamType>& info) {
  return std::get<0>(info.param).name + "_" +
         absl::StrReplaceAll(std::get<1>(info.param), {{".", "_"}});
}

class StoppedLoaderTest : public StopsTest {};

TEST_P(StoppedLoaderTest, IsSuperseded) {
  Prepare(kind_);
  ExpectSuperseded(RunStopping(&Stack::loader));
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedLoaderTest,
                         Combine(ValuesIn(OfOneRange()), ValuesIn(kLoaderSteps)), NameOf);

// One range of several stands still, and the others wherever they are.
class StoppedWithSeveralRangesTest : public StopsTest {};

TEST_P(StoppedWithSeveralRangesTest, IsSuperseded) {
  Prepare(kind_);
  ExpectSuperseded(RunStopping(&Stack::loader));
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedWithSeveralRangesTest,
                         Combine(ValuesIn(StreamKinds({"FirstLoad", "KeylessFirstLoad"})),
                                 ValuesIn(kLoaderSteps)),
                         NameOf);

// The range that closes a first load which an earlier run began.
class StoppedClosingRangeTest : public StopsTest {
 protected:
  // Runs a job that ends when all ranges are durable. Then rows come, such as have no replication
  // key too, and with a primary key some change.
  void LeaveItToAClosingRange() {
    source_->Run("INSERT INTO t VALUES (10000, 0, NULL), (10001, 0, now())");
    Stack stack = StackWith("extractor.finishing", "kill");
    std::thread job([&] { RunJob(stack, Job(kind_)); });
    EXPECT_EQ(stack.extractor.process().Wait(), 128 + SIGKILL);
    stack.scheduler.process().Kill();
    job.join();
    source_->Run("INSERT INTO t SELECT n, 1, now() FROM generate_series(10002, 10100) n");
    source_->Run("INSERT INTO t VALUES (10101, 1, NULL)");
    if (kind_.keyed) source_->Run("UPDATE t SET v = 1, at = now() WHERE id <= 100");
  }

  int64_t Ranges(const std::string& condition) {
    return destination_->Int("SELECT count(*) FROM _lockstitch.ranges WHERE complete AND " +
                             condition);
  }
};

TEST_P(StoppedClosingRangeTest, IsSuperseded) {
  Prepare(kind_);
  LeaveItToAClosingRange();
  const int64_t ranges = Ranges("NOT closing");
  ExpectSuperseded(RunStopping(&Stack::loader));
  EXPECT_EQ(Ranges("NOT closing"), ranges);
  EXPECT_EQ(Ranges("closing"), step_ == "loader.chunk.committed" ? 2 : 1);
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedClosingRangeTest,
                         Combine(ValuesIn(StreamKinds({"FirstLoad", "KeylessFirstLoad"})),
                                 ValuesIn(kLoaderSteps)),
                         NameOf);

// With a transaction open that holds the stream's row, or the destination table besides: the later
// run waits until the server has ended its session.
class StoppedInATransactionTest : public StopsTest {};

TEST_P(StoppedInATransactionTest, IsSuperseded) {
  Prepare(kind_);
  ExpectSuperseded(RunStopping(&Stack::loader));
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedInATransactionTest,
                         Combine(ValuesIn(SomeKinds()), ValuesIn(kTransactionSteps)), NameOf);

// In no transaction: the later run takes the load's table over, or drops it.
class StoppedBeforeItPreparesTest : public StopsTest {};

TEST_P(StoppedBeforeItPreparesTest, IsSuperseded) {
  Prepare(kind_);
  ExpectSuperseded(RunStopping(&Stack::loader));
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedBeforeItPreparesTest,
                         Combine(ValuesIn(OfOneRange({"FullTable", "FirstLoad",
                                                      "KeylessFirstLoad"})),
                                 ::testing::Values("loader.finish.preparing")),
                         NameOf);

class StoppedExtractorTest : public StopsTest {};

TEST_P(StoppedExtractorTest, IsSuperseded) {
  Prepare(kind_);
  ExpectSuperseded(RunStopping(&Stack::extractor));
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedExtractorTest,
                         Combine(ValuesIn(OfOneRange()), ValuesIn(kExtractorSteps)), NameOf);

// The run goes on without its owner as far as the loader's step, and is told of the end later.
class StoppedSchedulerTest : public StopsTest {};

TEST_P(StoppedSchedulerTest, LearnsThatItsRunWasSuperseded) {
  Prepare(kind_);
  ExpectSuperseded(RunStopping(&Stack::scheduler));
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedSchedulerTest,
                         Combine(ValuesIn(SomeKinds()), ValuesIn(kLoaderSteps)), NameOf);

// Its run has drawn a fence, and the extractor hasn't got it.
INSTANTIATE_TEST_SUITE_P(Drawn, StoppedSchedulerTest,
                         Combine(ValuesIn(StreamKinds()),
                                 ::testing::Values("scheduler.fence.drawn")),
                         NameOf);

// What was published stays so: the run that is asked about afterwards has its result.
class StoppedAfterPublishingTest : public StopsTest {};

TEST_P(StoppedAfterPublishingTest, HasPublished) {
  Prepare(kind_);
  const JobOutcome outcome = RunStopping(&Stack::loader);
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(outcome.stream("public.t").progress().rows_loaded(), RowsToLoad(kind_));
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Steps, StoppedAfterPublishingTest,
                         Combine(ValuesIn(OfOneRange()),
                                 ::testing::Values("loader.finish.published")),
                         NameOf);

// Discovery holds up a job before it draws: what wakes up is the later run.
class StoppedDiscoveryTest : public StreamKindTest,
                             public ::testing::WithParamInterface<StreamKind> {};

TEST_P(StoppedDiscoveryTest, ItsJobGoesOnAsTheLaterOne) {
  Prepare(GetParam());
  Stack stack;
  testing::ChildProcess& discovery = stack.discovery.process();
  discovery.Signal(SIGSTOP);
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job(GetParam())); });
  EXPECT_EQ(RunJob(SharedStack(), Job(GetParam())).job.state(), v1::JOB_STATE_SUCCEEDED);
  discovery.Signal(SIGCONT);
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Kinds, StoppedDiscoveryTest, ValuesIn(SomeKinds()),
                         [](const auto& info) { return info.param.name; });

// A run by hand, with the command's own services, beside one of a scheduler.
class SideBySideTest : public StreamKindTest, public ::testing::WithParamInterface<StreamKind> {};

TEST_P(SideBySideTest, TheLaterRunWins) {
  Prepare(GetParam());
  Rendezvous reading;
  Stack stack = StackWith("extractor.snapshot.taken", reading.action());
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job(GetParam())); });
  reading.AwaitArrival();
  const bool incremental = GetParam().method == v1::REPLICATION_METHOD_INCREMENTAL;
  const std::string file = ::testing::TempDir() + "/" + GetParam().name + ".yaml";
  std::ofstream(file) << "name: s\nsource: {postgres: \"" << source_url_
                      << "\"}\ndestination: {postgres: \"" << destination_url_
                      << "\"}\nstreams:\n  - {stream: public.t"
                      << (incremental ? ", method: INCREMENTAL, replication_key: at" : "")
                      << ", ranges: " << GetParam().ranges << "}\n";
  const testing::CommandResult by_hand =
      testing::RunCommand({.command = {"cli/lockstitch", "sync", "--file", file}});
  EXPECT_EQ(by_hand.status, 0) << by_hand.out << by_hand.err;
  reading.Release();
  job.join();
  EXPECT_EQ(outcome.stream("public.t").error().reason(), "SUPERSEDED");
  EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Kinds, SideBySideTest, ValuesIn(SomeKinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lockstitch::tests

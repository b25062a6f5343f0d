// Whole jobs while one of the processes is killed or told to stop.

#include <signal.h>

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::Rendezvous;

constexpr int kKilled = 128 + SIGKILL;

constexpr char kExtractors[] =
    "pg_stat_activity WHERE application_name LIKE 'lockstitch extractor%' AND state <> 'idle'";

class FaultsTest : public ClustersTest {
 protected:
  // public.t of 20,000 rows, some of them alike.
  void MakeTable(bool keyed) {
    source_->Run(std::string("CREATE TABLE t (id int") + (keyed ? " PRIMARY KEY" : "") +
                 ", v text);" + "INSERT INTO t SELECT n" + (keyed ? "" : " / 2") +
                 ", repeat('x', 100) FROM generate_series(1, 20000) n");
  }

  v1::Integration Job() { return IntegrationOf("s", source_url_, destination_url_, {"t"}, 2); }

  void ExpectExactlyOnce(const JobOutcome& outcome) {
    ExpectSucceeded(outcome);
    EXPECT_EQ(outcome.stream("public.t").progress().rows_loaded(), 20000);
    ExpectSameContents("t", "s.t", "id, v");
  }

  void ExpectNothingHalfLoaded() {
    EXPECT_EQ(destination_->Text("SELECT to_regclass('s.t') IS NULL"), "t");
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_class WHERE relname LIKE "
                                "'\\_lockstitch\\_load%' AND relkind = 'r'"),
              0);
  }

  // The first extraction's snapshot was lost, and told so.
  void ExpectLost(const Stack& stack, const JobOutcome& outcome) {
    EXPECT_EQ(outcome.stream("public.t").attempts(), 2u);
    EXPECT_THAT(outcome.log, Contains(HasSubstr("trying again: SNAPSHOT_LOST")));
    EXPECT_THAT(
        testing::RunCommand({.command = {"curl", "--silent", stack.extractor.metrics_url()}}).out,
        HasSubstr("lockstitch_extractor_snapshots_lost_total 1"));
  }

  void AwaitNoSourceQueries() {
    source_->Await(
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'lockstitch "
        "extractor%'");
  }
};

class KilledLoaderTest : public FaultsTest, public ::testing::WithParamInterface<bool> {
 protected:
  void KilledAt(const std::string& instant) {
    MakeTable(GetParam());
    Stack stack({.loader = instant + "=kill"});
    JobOutcome outcome;
    std::thread job([&] { outcome = RunJob(stack, Job()); });
    EXPECT_EQ(stack.loader.process().Wait(), kKilled);
    stack.loader.Restart();
    job.join();
    ExpectExactlyOnce(outcome);
    // A loader that dies costs a range, not the extraction.
    EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
  }
};

TEST_P(KilledLoaderTest, InTheMiddleOfARange) { KilledAt("loader.batch.written"); }
TEST_P(KilledLoaderTest, BeforeItsCommit) { KilledAt("loader.chunk.copied"); }
TEST_P(KilledLoaderTest, AfterItsCommitAndBeforeItsAnswer) { KilledAt("loader.chunk.committed"); }
TEST_P(KilledLoaderTest, BeforePublishing) { KilledAt("loader.finish.publishing"); }
TEST_P(KilledLoaderTest, AfterPublishingAndBeforeItsAnswer) { KilledAt("loader.finish.published"); }

TEST_P(KilledLoaderTest, OnlyTheRangesUnderWayAreReadAgain) {
  constexpr int kRanges = 16, kAtOnce = 2;
  MakeTable(GetParam());
  Stack stack({.loader = "loader.batch.written=kill@5"});
  v1::Integration integration = Job();
  integration.mutable_streams(0)->set_ranges(kRanges);
  integration.mutable_source()->mutable_postgres()->set_max_connections(kAtOnce);
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, integration); });
  EXPECT_EQ(stack.loader.process().Wait(), kKilled);
  stack.loader.Restart();
  job.join();
  ExpectExactlyOnce(outcome);
  EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
  const int64_t greatest = destination_->Int("SELECT max(rows) FROM _lockstitch.chunks");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.chunks"), kRanges);
  EXPECT_LT(greatest, 20000 / kRanges * 2);
  EXPECT_GT(outcome.stream("public.t").progress().rows_extracted(), 20000);
  EXPECT_LE(outcome.stream("public.t").progress().rows_extracted(), 20000 + kAtOnce * greatest);
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, KilledLoaderTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

class KilledExtractorTest : public FaultsTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(KilledExtractorTest, TheLoadStartsOverWithAnotherFence) {
  MakeTable(/*keyed=*/true);
  Stack stack({.extractor = std::string(GetParam()) + "=kill"});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job()); });
  EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
  stack.extractor.Restart();
  job.join();
  ExpectExactlyOnce(outcome);
  // An attempt that met no extractor drew none.
  EXPECT_GE(destination_->Int("SELECT fence FROM _lockstitch.streams"), 2);
  EXPECT_GE(outcome.stream("public.t").attempts(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Instants, KilledExtractorTest,
                         ::testing::Values("extractor.snapshot.taken", "extractor.batch.built",
                                           "extractor.range.sent", "extractor.finishing"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) {
                             if (c == '.') c = '_';
                           }
                           return name;
                         });

TEST_F(FaultsTest, ASnapshotIsHeldNoLongerThanItMay) {
  Rendezvous writing;
  Stack stack({.loader = "loader.batch.written=" + writing.action()}, {"--snapshot-age-limit=1s"});
  source_->Run("CREATE TABLE held AS SELECT n FROM generate_series(1, 1000) n");
  const JobOutcome outcome =
      RunJob(stack, IntegrationOf("held", source_url_, destination_url_, {"held"}));
  EXPECT_EQ(outcome.stream("public.held").error().reason(), "SNAPSHOT_TOO_OLD");
  writing.Release();
}

TEST_F(FaultsTest, ASnapshotThatIsLostWhileTheLoaderIsWaitedForIsNoticed) {
  MakeTable(/*keyed=*/true);
  Rendezvous loading;
  Stack stack({.loader = "loader.chunk.copied=" + loading.action()});
  v1::Integration integration = Job();
  integration.mutable_streams(0)->set_ranges(1);
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, integration); });
  loading.AwaitArrival();
  source_->Await(std::string("SELECT state = 'idle in transaction' FROM ") + kExtractors);
  source_->Run(std::string("SELECT pg_terminate_backend(pid) FROM ") + kExtractors);
  // Though nobody has asked the session for anything, and the loader hasn't answered.
  destination_->Await("SELECT fence = 2 FROM _lockstitch.streams");
  loading.Release();
  job.join();
  ExpectExactlyOnce(outcome);
  ExpectLost(stack, outcome);
}

// Two sessions are in the middle of a range each, when one of them is ended.
class EndedSessionTest : public FaultsTest {
 protected:
  // Ends the session whose transaction began first, which holds the snapshot, or the last.
  void EndOne(const std::string& which) {
    MakeTable(/*keyed=*/true);
    v1::Integration integration = Job();
    integration.mutable_streams(0)->set_filter(
        "id NOT IN (5000, 15000) OR pg_advisory_xact_lock_shared(7) IS NOT NULL");
    source_->Run("SELECT pg_advisory_lock(7)");
    std::thread job([&] { outcome_ = RunJob(stack_, integration); });
    source_->Await(kWaiting + std::string("= 2"));
    source_->Run("SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM " +
                 std::string(kExtractors) + " ORDER BY xact_start " + which + " LIMIT 1) chosen");
    source_->Await(kWaiting + std::string("< 2"));
    source_->Run("SELECT pg_advisory_unlock(7)");
    job.join();
    ExpectExactlyOnce(outcome_);
  }

  static constexpr char kWaiting[] =
      "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) ";

  Stack stack_;
  JobOutcome outcome_;
};

TEST_F(EndedSessionTest, OneThatHasJoinedCostsItsRange) {
  EndOne("DESC");
  EXPECT_EQ(outcome_.stream("public.t").attempts(), 1u);
  EXPECT_THAT(outcome_.log, Contains(HasSubstr("fewer sessions read the table: CONNECTION_LOST")));
}

TEST_F(EndedSessionTest, TheSnapshotsOwnCostsTheExtraction) {
  EndOne("ASC");
  ExpectLost(stack_, outcome_);
}

TEST_F(FaultsTest, AKilledSchedulerLeavesALoadThatTheNextJobEnds) {
  MakeTable(/*keyed=*/true);
  {
    Stack stack({.scheduler = "scheduler.fence.drawn=kill"});
    EXPECT_NE(RunJob(stack, Job()).job.state(), v1::JOB_STATE_SUCCEEDED);
  }
  Stack stack;
  ExpectExactlyOnce(RunJob(stack, Job()));
}

// SIGTERM in the middle of a stream: it is aborted cleanly, its query at the source ends, nothing
// half-loaded is seen.
class TerminatedTest : public FaultsTest {
 protected:
  TerminatedTest() { MakeTable(/*keyed=*/true); }

  // A job runs, and in the middle of a range the service is told to end, which it does.
  void Terminate(ServiceProcess Stack::*service) {
    job_ = std::thread([&] { outcome_ = RunJob(stack_, Job()); });
    reading_.AwaitArrival();
    (stack_.*service).process().Signal(SIGTERM);
    (stack_.*service).process().WaitForLine("\"message\":\"stopping\"");
    reading_.Release();
    EXPECT_EQ((stack_.*service).process().Wait(), 0);
  }

  void ExpectNothingOnceTheJobIsStopped() {
    stack_.scheduler.process().Signal(SIGTERM);
    job_.join();
    EXPECT_NE(outcome_.job.state(), v1::JOB_STATE_SUCCEEDED);
    EXPECT_EQ(destination_->Text("SELECT to_regclass('s.t') IS NULL"), "t");
    AwaitNoSourceQueries();
  }

  Rendezvous reading_;
  Stack stack_{{.extractor = "extractor.batch.built=" + reading_.action()}};
  JobOutcome outcome_;
  std::thread job_;
};

TEST_F(TerminatedTest, Extractor) {
  Terminate(&Stack::extractor);
  ExpectNothingOnceTheJobIsStopped();
}

TEST_F(TerminatedTest, TheExtractorSaysWhy) {
  Terminate(&Stack::extractor);
  job_.join();
  EXPECT_EQ(outcome_.stream("public.t").error().reason(), "PEER_UNREACHABLE");
  EXPECT_THAT(outcome_.log, Contains(HasSubstr("trying again: SHUTTING_DOWN")));
}

TEST_F(FaultsTest, AnExtractorThatDrainsEndsItsRuns) {
  MakeTable(/*keyed=*/true);
  Rendezvous reading;
  Stack stack({.extractor = "extractor.batch.built=" + reading.action()}, {"--drain=1h"});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job()); });
  reading.AwaitArrival();
  stack.extractor.process().Signal(SIGTERM);
  stack.extractor.process().WaitForLine("\"message\":\"stopping\"");
  reading.Release();
  EXPECT_EQ(stack.extractor.process().Wait(), 0);
  job.join();
  ExpectExactlyOnce(outcome);
  EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
}

// A second signal ends a drain: the runs, and calls, that it was for end as without it.
class DrainEndedTest : public FaultsTest {
 protected:
  void EndDrain(Stack& stack, ServiceProcess Stack::*service, Rendezvous& working) {
    MakeTable(/*keyed=*/true);
    std::thread job([&] { outcome_ = RunJob(stack, Job()); });
    working.AwaitArrival();
    (stack.*service).process().Signal(SIGTERM);
    (stack.*service).process().WaitForLine("\"message\":\"stopping\"");
    (stack.*service).process().Signal(SIGTERM);
    (stack.*service).process().WaitForLine("\"message\":\"stopping at once\"");
    working.Release();
    EXPECT_EQ((stack.*service).process().Wait(), 0);
    (stack.*service).Restart();
    job.join();
    ExpectExactlyOnce(outcome_);
  }

  JobOutcome outcome_;
};

TEST_F(DrainEndedTest, Extractor) {
  Rendezvous reading;
  Stack stack({.extractor = "extractor.batch.built=" + reading.action()}, {"--drain=1h"});
  EndDrain(stack, &Stack::extractor, reading);
  EXPECT_THAT(outcome_.log, Contains(HasSubstr("trying again: SHUTTING_DOWN")));
}

TEST_F(DrainEndedTest, Loader) {
  Rendezvous writing;
  Stack stack({.loader = "loader.batch.written=" + writing.action()}, {}, {"--drain=1h"});
  EndDrain(stack, &Stack::loader, writing);
  EXPECT_THAT(outcome_.log, Contains(HasSubstr("is opened again, with 0 rows durable")));
}

TEST_F(TerminatedTest, Loader) {
  Terminate(&Stack::loader);
  ExpectNothingOnceTheJobIsStopped();
}

// Its range is durable, and the run goes on at the next loader.
TEST_F(FaultsTest, ALoaderThatDrainsEndsItsRanges) {
  MakeTable(/*keyed=*/true);
  Rendezvous writing;
  Stack stack({.loader = "loader.batch.written=" + writing.action()}, {}, {"--drain=1h"});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job()); });
  writing.AwaitArrival();
  stack.loader.process().Signal(SIGTERM);
  stack.loader.process().WaitForLine("\"message\":\"stopping\"");
  writing.Release();
  EXPECT_EQ(stack.loader.process().Wait(), 0);
  stack.loader.Restart();
  job.join();
  ExpectExactlyOnce(outcome);
  EXPECT_EQ(destination_->Int("SELECT max(attempt) FROM _lockstitch.ranges"), 1);
}

TEST_F(TerminatedTest, Scheduler) {
  Terminate(&Stack::scheduler);
  ExpectNothingOnceTheJobIsStopped();
  ExpectNothingHalfLoaded();
}

TEST_F(TerminatedTest, TheCommand) {
  testing::ChildProcess sync(
      {.command = {"cli/lockstitch", "sync", "--source", source_url_, "--destination",
                   destination_url_, "--name", "s", "--server", stack_.scheduler.address()}});
  reading_.AwaitArrival();
  sync.Signal(SIGINT);
  EXPECT_EQ(sync.Wait(), 1);
  reading_.Release();
  AwaitNoSourceQueries();
  stack_.scheduler.process().Signal(SIGTERM);
  EXPECT_EQ(stack_.scheduler.process().Wait(), 0);
  ExpectNothingHalfLoaded();
}

}  // namespace
}  // namespace lockstitch::tests

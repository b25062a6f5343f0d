// What comes between the snapshot of a comparison and its commit: writers, later runs, and the
// death of each process at every step.

#include <signal.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/deletes/deletes_stream.h"

namespace lockstitch::tests {
namespace {

using ::testing::Combine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Rendezvous;
using ::testing::Values;

// A step of a run, named as its failpoint. Of a run with one chunk of rows the second passage is
// that of the keys.
struct Step {
  const char* name;
  int passage = 1;

  bool OfLoader() const { return std::string(name).rfind("loader.", 0) == 0; }
};

std::string NameOf(const Step& step, v1::DeleteAction action) {
  return absl::StrCat(absl::StrReplaceAll(step.name, {{".", "_"}}), step.passage,
                      action == kMark ? "_mark" : "_delete");
}

using StepAndAction = std::tuple<Step, v1::DeleteAction>;

class FaultsTest : public DeletesStreamTest, public ::testing::WithParamInterface<StepAndAction> {
 protected:
  FaultsTest() : step_(std::get<0>(GetParam())), action_(std::get<1>(GetParam())) {}

  // Services of which one does `action` at the step; a path may follow it.
  Stack StackThat(const std::string& action, const std::string& path = "") {
    const std::string failpoint = absl::StrCat(step_.name, "=", action, "@", step_.passage, path);
    return Stack(step_.OfLoader() ? Stack::Failpoints{.loader = failpoint}
                                  : Stack::Failpoints{.extractor = failpoint});
  }

  // A first load, then what there is to be found.
  void Prepare() {
    MakeTable(100);
    Run(JobThat(action_));
    source_->Run("DELETE FROM t WHERE id IN (3, 50, 100); INSERT INTO t VALUES (101, 101, 'new')");
  }

  const Step step_;
  const v1::DeleteAction action_;
};

class HeldTest : public FaultsTest {
 protected:
  // Runs the job, and `meanwhile` while it is held at the step.
  template <typename Meanwhile>
  JobOutcome RunHolding(const Meanwhile& meanwhile) {
    Rendezvous held;
    Stack stack = StackThat("wait", held.action().substr(std::string("wait").size()));
    JobOutcome outcome;
    std::thread job([&] { outcome = RunJob(stack, JobThat(action_)); });
    held.AwaitArrival();
    meanwhile();
    held.Release();
    job.join();
    return outcome;
  }
};

// The snapshot is what counts: rows that come later are neither loaded nor missed, and rows that go
// later are found by the next run.
TEST_P(HeldTest, WritersMeanwhileChangeNothing) {
  Prepare();
  const JobOutcome outcome = RunHolding([&] {
    source_->Run(
        "INSERT INTO t SELECT n, n, 'later' FROM generate_series(200, 260) n;"
        "INSERT INTO t VALUES (50, 300, 'again'); DELETE FROM t WHERE id IN (7, 101)");
  });
  ExpectSucceeded(outcome);
  EXPECT_EQ(RowsDeleted(outcome), 3);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t WHERE id IN (7, 101)"), 2);
  const JobOutcome next = Run(JobThat(action_));
  EXPECT_EQ(RowsDeleted(next), 2);
  ExpectExactBut(action_);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, HeldTest,
    Combine(Values(Step{"extractor.snapshot.taken"}, Step{"extractor.range.opened", 2},
                   Step{"loader.chunk.copied", 2}),
            Values(kMark, kDelete)),
    [](const auto& info) { return NameOf(std::get<0>(info.param), std::get<1>(info.param)); });

// Rows that a later run has loaded are unknown to the keys of an earlier one.
class SupersededTest : public HeldTest {};

TEST_P(SupersededTest, DeletesNothing) {
  Prepare();
  const JobOutcome outcome = RunHolding([&] {
    source_->Run("INSERT INTO t SELECT n, n, 'later' FROM generate_series(200, 260) n");
    EXPECT_EQ(RowsDeleted(Run(JobThat(action_))), 3);
    ExpectExactBut(action_);
  });
  EXPECT_EQ(outcome.stream("public.t").error().reason(), "SUPERSEDED");
  ExpectExactBut(action_);
  EXPECT_EQ(Comparisons(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, SupersededTest,
    Combine(Values(Step{"extractor.range.opened", 2}, Step{"loader.batch.written", 2},
                   Step{"loader.chunk.copied", 2}),
            Values(kMark, kDelete)),
    [](const auto& info) { return NameOf(std::get<0>(info.param), std::get<1>(info.param)); });

class KilledTest : public FaultsTest {};

TEST_P(KilledTest, IsMadeGoodInTheSameRun) {
  Prepare();
  Stack stack = StackThat("kill");
  ServiceProcess& service = step_.OfLoader() ? stack.loader : stack.extractor;
  JobOutcome outcome;
  std::atomic<bool> killed = false;
  std::thread job([&] {
    outcome = RunJob(stack, JobThat(action_));
    // A job that never comes to the step fails the test, rather than keep it waiting.
    if (!killed) service.process().Signal(SIGTERM);
  });
  EXPECT_EQ(service.process().Wait(), 128 + SIGKILL);
  killed = true;
  service.Restart();
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(RowsDeleted(outcome), 3);
  ExpectExactBut(action_);
  // Each deleted row is counted by the commit that found it.
  EXPECT_EQ(destination_->Int("SELECT sum(deleted) FROM _lockstitch.chunks"), 3);
  EXPECT_EQ(RowsDeleted(Run(JobThat(action_))), 0);
  ExpectExactBut(action_);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, KilledTest,
    Combine(Values(Step{"extractor.range.opened", 2}, Step{"extractor.batch.built", 2},
                   Step{"extractor.chunk.sent", 2}, Step{"extractor.chunk.acknowledged", 2},
                   Step{"extractor.range.sent", 2}, Step{"extractor.finishing"},
                   Step{"loader.load.recorded"}, Step{"loader.load.begun"},
                   Step{"loader.batch.written", 2}, Step{"loader.chunk.copied", 2},
                   Step{"loader.chunk.recorded", 2}, Step{"loader.chunk.committed", 2},
                   Step{"loader.finish.publishing"}, Step{"loader.finish.published"}),
            Values(kMark, kDelete)),
    [](const auto& info) { return NameOf(std::get<0>(info.param), std::get<1>(info.param)); });

}  // namespace
}  // namespace lockstitch::tests

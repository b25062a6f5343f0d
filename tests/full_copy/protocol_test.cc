// The FULL_TABLE interleavings of the model-checked load protocol, each provoked at real loaders
// and a real destination.

#include <signal.h>

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "testing/rendezvous.h"
#include "testing/status_matchers.h"
#include "tests/stack/clusters.h"
#include "tests/stack/scripted_run.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::HasReason;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::Rendezvous;

constexpr auto kPublished = v1::LOAD_OUTCOME_PUBLISHED;
constexpr auto kAborted = v1::LOAD_OUTCOME_ABORTED;

// A loader process and a client of it.
struct Loader {
  explicit Loader(const std::string& failpoints = "")
      : process("loader", {}, failpoints), client(rpc::Connect(process.address()), "loader") {}

  ServiceProcess process;
  loader::LoaderClient client;
};

class ProtocolTest : public ClustersTest {
 protected:
  // What a reader of the destination sees: "1:v 2:v".
  std::string Seen() {
    return destination_->Text(
        "SELECT string_agg(id || ':' || version, ' ' ORDER BY id, version) FROM s.t");
  }

  std::vector<std::string> LoadTables() {
    return destination_->List(
        "SELECT relname::text FROM pg_class WHERE relnamespace = '_lockstitch'::regnamespace AND "
        "relname LIKE '\\_lockstitch\\_load%' AND relkind = 'r'");
  }

  // Durable rows by the chunk records of a run.
  int64_t RecordedRows(ScriptedRun& run) {
    return destination_->Int(
        "SELECT coalesce(sum(rows), 0) FROM _lockstitch.chunks WHERE run_id = '" +
        run.claim().run_id() + "'");
  }

  Loader loader_;
};

TEST_F(ProtocolTest, ARunFromItsFenceToItsResult) {
  ScriptedRun run(destination_url_, 1);
  const auto result = run.RunAll(loader_.client);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->outcome(), kPublished);
  EXPECT_EQ(result->rows(), 2);
  EXPECT_EQ(result->destination_table(), "s.t");
  EXPECT_EQ(Seen(), "1:1 2:1");
  EXPECT_THAT(LoadTables(), IsEmpty());
}

TEST_F(ProtocolTest, EveryCallOfAnEndedRunIsAnsweredWithItsResult) {
  ScriptedRun run(destination_url_, 1), later(destination_url_, 2);
  ASSERT_THAT(run.RunAll(loader_.client), IsOk());
  ASSERT_THAT(later.RunAll(loader_.client), IsOk());
  // Tested before the fence, which is the later run's.
  EXPECT_EQ(run.Finish(loader_.client)->outcome(), kPublished);
  EXPECT_EQ(run.Abort(loader_.client)->outcome(), kPublished);
  EXPECT_EQ(run.Begin(loader_.client)->result().outcome(), kPublished);
  ScriptedRun::Range range(run, loader_.client, 0);
  EXPECT_EQ(range.Open()->result().outcome(), kPublished);
  EXPECT_THAT(run.Reserve(loader_.client), HasReason(Reason::kRunAborted));
  EXPECT_EQ(Seen(), "1:2 2:2");
}

TEST_F(ProtocolTest, BeginLoadRepeatedByItsExtractionGivesTheStoredAnswer) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  const auto first = run.Begin(loader_.client);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  const auto again = run.Begin(loader_.client);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->plan().columns().size(), first->plan().columns().size());
  ASSERT_EQ(again->plan().ranges_size(), 2);
  EXPECT_FALSE(again->plan().ranges(0).durable());
  EXPECT_TRUE(again->plan().ranges(1).durable());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:1");
}

TEST_F(ProtocolTest, ASecondExtractionWithTheSameFenceIsRefused) {
  ScriptedRun run(destination_url_, 1), second(destination_url_, 2);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  second.claim() = run.claim();
  second.claim().set_extraction_id("another");
  EXPECT_THAT(second.Begin(loader_.client), HasReason(Reason::kFenceReused));
  EXPECT_THAT(second.SendRange(loader_.client, 1), HasReason(Reason::kFenceReused));
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  EXPECT_THAT(second.Finish(loader_.client), HasReason(Reason::kFenceReused));
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:1");
}

TEST_F(ProtocolTest, AnOlderSnapshotIsNeverPublishedAfterANewerOne) {
  ScriptedRun old(destination_url_, 1), late(destination_url_, 1), fresh(destination_url_, 2);
  ASSERT_THAT(old.Reserve(loader_.client), IsOk());
  ASSERT_THAT(old.Begin(loader_.client), IsOk());
  ASSERT_THAT(old.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(late.Reserve(loader_.client), IsOk());
  ASSERT_THAT(fresh.RunAll(loader_.client), IsOk());
  EXPECT_THAT(old.SendRange(loader_.client, 1), HasReason(Reason::kSuperseded));
  EXPECT_THAT(old.Finish(loader_.client), HasReason(Reason::kSuperseded));
  EXPECT_THAT(late.Begin(loader_.client), HasReason(Reason::kSuperseded));
  EXPECT_EQ(Seen(), "1:2 2:2");
}

TEST_F(ProtocolTest, TheDrawItselfFences) {
  ScriptedRun run(destination_url_, 1), drawn(destination_url_, 2);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ScriptedRun::Range range(run, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  ASSERT_THAT(drawn.Reserve(loader_.client), IsOk());
  range.SendBatch();
  EXPECT_THAT(range.EndChunk(), HasReason(Reason::kSuperseded));
  EXPECT_EQ(RecordedRows(run), 0);
}

TEST_F(ProtocolTest, ADrawIsAnsweredTheSameHoweverOftenItComes) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  const int64_t first = run.claim().fence();
  EXPECT_EQ(*run.Draw(loader_.client, 1), first);
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  EXPECT_EQ(*run.Draw(loader_.client, 1), first);
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  EXPECT_EQ(run.Finish(loader_.client)->outcome(), kPublished);
  EXPECT_THAT(run.Draw(loader_.client, 1), HasReason(Reason::kRunAborted));
}

TEST_F(ProtocolTest, ADrawThatComesLateDisturbsNeitherItsRunNorALaterOne) {
  ScriptedRun old(destination_url_, 1), fresh(destination_url_, 2);
  ASSERT_THAT(old.Reserve(loader_.client), IsOk());
  const int64_t first = old.claim().fence();
  ASSERT_THAT(old.Reserve(loader_.client), IsOk());
  EXPECT_GT(old.claim().fence(), first);
  EXPECT_THAT(old.Draw(loader_.client, 1), HasReason(Reason::kSuperseded));
  ASSERT_THAT(old.Begin(loader_.client), IsOk());

  ASSERT_THAT(fresh.Reserve(loader_.client), IsOk());
  ASSERT_THAT(fresh.Begin(loader_.client), IsOk());
  ASSERT_THAT(fresh.SendRange(loader_.client, 0), IsOk());
  // Late copies of what it has drawn, and one more draw of a run that has lost.
  for (const uint32_t draw : {1, 2, 3})
    EXPECT_THAT(old.Draw(loader_.client, draw), HasReason(Reason::kSuperseded));
  ASSERT_THAT(fresh.SendRange(loader_.client, 1), IsOk());
  EXPECT_EQ(fresh.Finish(loader_.client)->outcome(), kPublished);
  EXPECT_THAT(old.Draw(loader_.client, 3), HasReason(Reason::kSuperseded));
  EXPECT_EQ(Seen(), "1:2 2:2");
}

TEST_F(ProtocolTest, ALateAbortLoadLeavesALaterRunAlone) {
  ScriptedRun old(destination_url_, 1), fresh(destination_url_, 2);
  ASSERT_THAT(old.Reserve(loader_.client), IsOk());
  ASSERT_THAT(old.Begin(loader_.client), IsOk());
  ASSERT_THAT(old.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(fresh.Reserve(loader_.client), IsOk());
  ASSERT_THAT(fresh.Begin(loader_.client), IsOk());
  ASSERT_THAT(fresh.SendRange(loader_.client, 0), IsOk());
  EXPECT_EQ(old.Abort(loader_.client)->outcome(), kAborted);
  ASSERT_THAT(fresh.SendRange(loader_.client, 1), IsOk());
  ASSERT_THAT(fresh.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:2 2:2");
}

TEST_F(ProtocolTest, ALateAbortLoadOfAnEarlierFenceLeavesTheSameRunAlone) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  const v1::Claim first = run.claim();
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ScriptedRun late(destination_url_, 1);
  late.claim() = first;
  EXPECT_THAT(late.Abort(loader_.client), HasReason(Reason::kSuperseded));
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  EXPECT_EQ(run.Finish(loader_.client)->outcome(), kPublished);
}

TEST_F(ProtocolTest, AnAbortedRunCannotBeginAfterwards) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  EXPECT_EQ(run.Abort(loader_.client)->outcome(), kAborted);
  EXPECT_EQ(run.Begin(loader_.client)->result().outcome(), kAborted);
  EXPECT_THAT(LoadTables(), IsEmpty());
}

TEST_F(ProtocolTest, AbortLoadDropsWhatItsRunHasLoaded) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  const auto result = run.Abort(loader_.client);
  ASSERT_THAT(result, IsOk());
  // Usage counts what was committed, whatever became of the run.
  EXPECT_EQ(result->rows(), 1);
  EXPECT_THAT(LoadTables(), IsEmpty());
  EXPECT_EQ(destination_->Text("SELECT to_regclass('s.t') IS NULL"), "t");
}

TEST_F(ProtocolTest, ARunIsCountedWithTheRowsOfAllItsExtractions) {
  const auto send_half = [&](ScriptedRun& run) {
    ASSERT_THAT(run.Reserve(loader_.client), IsOk());
    ASSERT_THAT(run.Begin(loader_.client), IsOk());
    ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  };
  ScriptedRun run(destination_url_, 1), given_up(destination_url_, 2);
  send_half(run);
  const auto published = run.RunAll(loader_.client);
  ASSERT_THAT(published, IsOk());
  EXPECT_EQ(published->rows(), 2);
  EXPECT_EQ(published->run_rows(), 3);
  send_half(given_up);
  send_half(given_up);
  const auto aborted = given_up.Abort(loader_.client);
  ASSERT_THAT(aborted, IsOk());
  EXPECT_EQ(aborted->rows(), 1);
  EXPECT_EQ(aborted->run_rows(), 2);
}

TEST_F(ProtocolTest, OpeningARangeAgainRefusesTheChunksOfTheEarlierCall) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ScriptedRun::Range earlier(run, loader_.client, 0), later(run, loader_.client, 0);
  EXPECT_EQ(earlier.Open()->opened().attempt(), 1u);
  EXPECT_EQ(later.Open()->opened().attempt(), 2u);
  earlier.SendBatch();
  EXPECT_THAT(earlier.EndChunk(), HasReason(Reason::kRangeSuperseded));
  later.SendBatch();
  EXPECT_THAT(later.EndChunk(), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:1");
}

// The same with and without a key: a doubled row would break the key, or be seen.
class StuckCopyTest : public ProtocolTest, public ::testing::WithParamInterface<bool> {
 protected:
  // Range 0 gets stuck in a first loader at `instant`; a second loader takes it over and the load
  // is published; then the first one is let go.
  void StuckAt(const std::string& instant) {
    Rendezvous stuck;
    Loader slow(instant + "=" + stuck.action());
    ScriptedRun run(destination_url_, 1, GetParam());
    ASSERT_THAT(run.Reserve(loader_.client), IsOk());
    ASSERT_THAT(run.Begin(loader_.client), IsOk());
    ScriptedRun::Range first(run, slow.client, 0);
    ASSERT_THAT(first.Open(), IsOk());
    absl::StatusOr<v1::LoadResponse> late;
    first.SendBatch();
    std::thread sender([&] { late = first.EndChunk(); });
    stuck.AwaitArrival();
    ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
    ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
    const auto result = run.Finish(loader_.client);
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->rows(), 2);
    stuck.Release();
    sender.join();
    EXPECT_FALSE(late.ok());
    EXPECT_EQ(Seen(), "1:1 2:1");
    EXPECT_EQ(RecordedRows(run), 2);
  }
};

TEST_P(StuckCopyTest, AStuckCopyThatArrivesAfterFinishLoad) { StuckAt("loader.batch.written"); }

TEST_P(StuckCopyTest, AStuckCommitThatArrivesAfterFinishLoad) { StuckAt("loader.chunk.copied"); }

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, StuckCopyTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

// The stopped loader's session holds the load table in COPY, which no timeout catches.
TEST_F(ProtocolTest, AStoppedLoaderHoldsUpNeitherFinishLoadNorTheNextLoad) {
  Rendezvous stuck;
  Loader stopped("loader.batch.written=" + stuck.action());
  ScriptedRun old(destination_url_, 1), fresh(destination_url_, 2);
  ASSERT_THAT(old.Reserve(loader_.client), IsOk());
  ASSERT_THAT(old.Begin(loader_.client), IsOk());
  ScriptedRun::Range range(old, stopped.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  range.SendBatch();
  stuck.AwaitArrival();
  stopped.process.process().Signal(SIGSTOP);
  ASSERT_THAT(fresh.RunAll(loader_.client), IsOk());
  EXPECT_THAT(LoadTables(), IsEmpty());
  stopped.process.process().Signal(SIGCONT);
  stuck.Release();
  EXPECT_THAT(range.EndChunk(), HasReason(Reason::kSuperseded));
  EXPECT_EQ(Seen(), "1:2 2:2");
}

TEST_F(ProtocolTest, TheDestinationCrashesBetweenRanges) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  destination_.reset();
  DestinationCluster().Crash();
  destination_ = std::make_unique<testing::Database>(destination_url_);
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:1");
}

TEST_F(ProtocolTest, FinishLoadDemandsExactlyTheRangesAsTheyWereRead) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  run.extents()[1] = run.extents()[0];
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  const v1::Extent right = run.extents()[1];
  run.extents()[1].set_row_sum(right.row_sum() + 1);
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  run.extents()[1] = right;
  run.extents()[2] = v1::Extent();
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  run.extents().erase(2);
  EXPECT_THAT(run.Finish(loader_.client), IsOk());
}

TEST_F(ProtocolTest, ABatchThatChangedOnItsWayIsRefused) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ScriptedRun::Range range(run, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  range.Corrupt();
  range.SendBatch();
  EXPECT_THAT(range.EndChunk(), HasReason(Reason::kBatchCorrupt));
  EXPECT_EQ(RecordedRows(run), 0);
}

TEST_F(ProtocolTest, ACallThatEndsInItsChunkLeavesNothingOfIt) {
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  {
    ScriptedRun::Range range(run, loader_.client, 0);
    ASSERT_THAT(range.Open(), IsOk());
    range.SendBatch();
  }
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:1");
}

TEST_F(ProtocolTest, ALoaderKilledAfterPublishingHasPublished) {
  Loader dying("loader.finish.published=kill");
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  EXPECT_THAT(run.Finish(dying.client), HasReason(Reason::kPeerUnreachable));
  EXPECT_EQ(run.Finish(loader_.client)->rows(), 2);
  EXPECT_EQ(run.Abort(loader_.client)->outcome(), kPublished);
}

TEST_F(ProtocolTest, ALoaderKilledBeforeItsCommitHasNotPublished) {
  Loader dying("loader.finish.publishing=kill");
  ScriptedRun run(destination_url_, 1);
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 0), IsOk());
  ASSERT_THAT(run.SendRange(loader_.client, 1), IsOk());
  EXPECT_THAT(run.Finish(dying.client), HasReason(Reason::kPeerUnreachable));
  EXPECT_EQ(destination_->Text("SELECT to_regclass('s.t') IS NULL"), "t");
  EXPECT_EQ(run.Finish(loader_.client)->outcome(), kPublished);
  EXPECT_EQ(Seen(), "1:1 2:1");
}

TEST_F(ProtocolTest, AResetOfTheCatalogIsAppliedOnce) {
  ScriptedRun first(destination_url_, 1), unasked(destination_url_, 2), reset(destination_url_, 3),
      again(destination_url_, 4);
  ASSERT_THAT(first.RunAll(loader_.client), IsOk());
  unasked.set_database("other");
  EXPECT_THAT(unasked.RunAll(loader_.client), HasReason(Reason::kSourceChanged));
  reset.set_database("other");
  reset.set_reset_generation(1);
  EXPECT_THAT(reset.RunAll(loader_.client), IsOk());
  again.set_database("third");
  again.set_reset_generation(1);
  EXPECT_THAT(again.RunAll(loader_.client), HasReason(Reason::kSourceChanged));
  EXPECT_EQ(Seen(), "1:3 2:3");
}

TEST_F(ProtocolTest, AnotherIntegrationCannotTakeTheSchema) {
  ScriptedRun run(destination_url_, 1), other(destination_url_, 2);
  ASSERT_THAT(run.RunAll(loader_.client), IsOk());
  other.claim().mutable_target()->set_integration_uid("another-uid");
  EXPECT_THAT(other.Reserve(loader_.client), HasReason(Reason::kDestinationSchemaTaken));
}

TEST_F(ProtocolTest, GetStateTellsWhatIsKept) {
  ScriptedRun run(destination_url_, 1);
  run.set_reset_generation(3);
  ASSERT_THAT(run.RunAll(loader_.client), IsOk());
  v1::GetStateRequest request;
  *request.mutable_destination() = run.claim().target().destination();
  request.set_integration("s");
  const auto state = loader_.client.GetState(request);
  ASSERT_THAT(state, IsOk());
  ASSERT_EQ(state->streams_size(), 1);
  EXPECT_EQ(state->streams(0).destination_table(), "t");
  EXPECT_EQ(state->streams(0).table_version(), 1);
  EXPECT_EQ(state->streams(0).fence(), run.claim().fence());
  EXPECT_EQ(state->streams(0).source().database(), "source");
  EXPECT_EQ(state->streams(0).reset_generation(), 3);
}

}  // namespace
}  // namespace lockstitch::tests

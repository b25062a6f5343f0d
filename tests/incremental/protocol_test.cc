// The interleavings of the model-checked load protocol that changes can meet, each provoked at real
// loaders and a real destination. Rows are those of the study in tests/model.

#include <signal.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "testing/rendezvous.h"
#include "testing/status_matchers.h"
#include "tests/stack/clusters.h"
#include "tests/stack/scripted_run.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using testing::IsOk;
using testing::Rendezvous;
using ::testing::UnorderedElementsAreArray;

constexpr auto kPublished = v1::LOAD_OUTCOME_PUBLISHED;

// A loader process and a client of it.
struct Loader {
  explicit Loader(const std::string& failpoints = "")
      : process("loader", {}, failpoints), client(rpc::Connect(process.address()), "loader") {}

  ServiceProcess process;
  loader::LoaderClient client;
};

// With and without a key: a doubled row would break the key, or be seen.
class ProtocolTest : public ClustersTest, public ::testing::WithParamInterface<bool> {
 protected:
  ScriptedRun NewRun() {
    ScriptedRun run(destination_url_, 0, GetParam());
    run.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    return run;
  }

  // What a reader of the destination sees: "id:version id:version".
  std::string Seen() {
    return destination_->Text(
        "SELECT string_agg(id || ':' || version, ' ' ORDER BY id, version) FROM s.t");
  }
  std::string Bookmark() { return destination_->Text("SELECT bookmark FROM _lockstitch.streams"); }

  // Makes a call at a loader that dies at `instant`: there is no answer.
  void Lose(const std::string& instant,
            const std::function<absl::Status(const loader::LoaderClient&)>& call) {
    Loader dying(instant + "=kill");
    EXPECT_THAT(call(dying.client), HasReason(Reason::kPeerUnreachable));
    EXPECT_EQ(dying.process.process().Wait(), 128 + SIGKILL);
  }
  void LoseDraw(ScriptedRun& run) {
    Lose("loader.fence.drawn", [&](const auto& loader) { return run.Draw(loader, 1).status(); });
  }
  void LoseBeginning(ScriptedRun& run, const std::string& instant) {
    Lose(instant, [&](const auto& loader) { return run.Begin(loader).status(); });
  }

  // Durable rows by the chunk records of a run.
  int64_t RecordedRows(ScriptedRun& run) {
    return destination_->Int(
        "SELECT coalesce(sum(rows), 0) FROM _lockstitch.chunks WHERE run_id = '" +
        run.claim().run_id() + "'");
  }

  Loader loader_;
};

std::string NameOf(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "WithKey" : "WithoutKey";
}

class FirstLoadProtocolTest : public ProtocolTest {};

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, FirstLoadProtocolTest, ::testing::Bool(), NameOf);

TEST_P(FirstLoadProtocolTest, ARangeIsOneChunk) {
  ScriptedRun run = NewRun();
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  const auto begun = run.Begin(loader_.client);
  ASSERT_THAT(begun, IsOk());
  EXPECT_EQ(begun->plan().mode(), v1::LOAD_MODE_FIRST);
  ScriptedRun::Range in_two(run, loader_.client, 0);
  ASSERT_THAT(in_two.Open(), IsOk());
  in_two.SendRows({{1, 1}});
  EXPECT_THAT(in_two.EndChunk(/*ends_range=*/false), HasReason(Reason::kProtocolViolated));
  EXPECT_EQ(RecordedRows(run), 0);
  // The range is as it was.
  ScriptedRun::Range again(run, loader_.client, 0);
  const auto opened = again.Open();
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->opened().durable_chunks(), 0u);
  again.SendRows({{1, 1}, {2, 2}});
  ASSERT_THAT(again.EndChunk(), IsOk());
  EXPECT_EQ(Bookmark(), "");  // FinishLoad moves it.
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2");
  EXPECT_EQ(Bookmark(), "2");
}

TEST_P(FirstLoadProtocolTest, ALoaderThatDiesBeforeItAnswersHasDrawnOnce) {
  ScriptedRun run = NewRun();
  LoseDraw(run);
  EXPECT_EQ(destination_->Int("SELECT fence FROM _lockstitch.streams"), 1);
  ASSERT_THAT(run.RunAll(loader_.client, {{1, 1}, {2, 2}}), IsOk());
  EXPECT_EQ(run.claim().fence(), 1);
  EXPECT_EQ(Seen(), "1:1 2:2");
}

TEST_P(FirstLoadProtocolTest, ALoaderThatDiesAroundTheCommitOfBeginLoadHasBegunOneLoad) {
  ScriptedRun run = NewRun();
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  LoseBeginning(run, "loader.load.recorded");
  LoseBeginning(run, "loader.load.begun");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads"), 1);
  const auto begun = run.Begin(loader_.client);
  ASSERT_THAT(begun, IsOk());
  EXPECT_EQ(begun->plan().mode(), v1::LOAD_MODE_FIRST);
  EXPECT_EQ(begun->plan().ranges_size(), 1);
  ASSERT_THAT(run.SendRows(loader_.client, {{1, 1}, {2, 2}}), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads"), 1);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE "
                              "'\\_lockstitch\\_load%'"),
            0);
}

// Rows 4 and 5.
TEST_P(FirstLoadProtocolTest, ASecondExtractionWithTheSameFenceIsRefused) {
  ScriptedRun run = NewRun(), second = NewRun();
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  ASSERT_THAT(run.Begin(loader_.client), IsOk());
  second.claim() = run.claim();
  second.claim().set_extraction_id("another");
  EXPECT_THAT(second.Begin(loader_.client), HasReason(Reason::kFenceReused));
  EXPECT_THAT(second.SendRows(loader_.client, {{9, 9}}), HasReason(Reason::kFenceReused));
  ASSERT_THAT(run.SendRows(loader_.client, {{1, 1}, {2, 2}}), IsOk());
  EXPECT_THAT(second.Finish(loader_.client), HasReason(Reason::kFenceReused));
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2");
}

// After a first load of the rows 1:1 and 2:2. Each extraction reads the row at the bookmark again.
class ChangesProtocolTest : public ProtocolTest {
 protected:
  void SetUp() override {
    ASSERT_THAT(NewRun().RunAll(loader_.client, {{1, 1}, {2, 2}}), IsOk());
    ASSERT_EQ(Bookmark(), "2");
  }

  void Begin(ScriptedRun& run, const std::string& lower_bound) {
    ASSERT_THAT(run.Reserve(loader_.client), IsOk());
    const auto begun = run.Begin(loader_.client);
    ASSERT_THAT(begun, IsOk());
    EXPECT_EQ(begun->plan().mode(), v1::LOAD_MODE_CHANGES);
    EXPECT_EQ(begun->plan().lower_bound(), lower_bound);
  }

  // A chunk that the range goes on after.
  void SendChunk(ScriptedRun::Range& range, const std::vector<ScriptedRun::Row>& rows) {
    range.SendRows(rows);
    ASSERT_THAT(range.EndChunk(/*ends_range=*/false), IsOk());
  }
};

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, ChangesProtocolTest, ::testing::Bool(), NameOf);

TEST_P(ChangesProtocolTest, TheBookmarkMovesChunkByChunk) {
  ScriptedRun run = NewRun();
  Begin(run, "2");
  ScriptedRun::Range range(run, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  SendChunk(range, {{2, 2}, {3, 3}});
  EXPECT_EQ(Seen(), "1:1 2:2 3:3");
  EXPECT_EQ(Bookmark(), "3");
  range.SendRows({{4, 4}});
  ASSERT_THAT(range.EndChunk(), IsOk());
  EXPECT_EQ(Bookmark(), "4");
  const auto result = run.Finish(loader_.client);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->outcome(), kPublished);
  EXPECT_EQ(result->rows(), 3);
  EXPECT_EQ(result->bookmark(), "4");
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4");
}

TEST_P(ChangesProtocolTest, WhatTheDestinationHasAlreadyIsReportedAndNotSent) {
  const std::string place = "SELECT xmin::text || ' ' || ctid::text FROM s.t WHERE version = 2";
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{2, 2}}), IsOk());
  const std::string written = destination_->Text(place);
  // It counts as read: the next read may be the same again.
  for (int number = 1; number <= 2; ++number) {
    ScriptedRun run = NewRun();
    ASSERT_THAT(run.Reserve(loader_.client), IsOk());
    const auto begun = run.Begin(loader_.client);
    ASSERT_THAT(begun, IsOk());
    ASSERT_TRUE(begun->plan().has_unchanged());
    run.extents()[0] = begun->plan().unchanged();
    const auto result = run.Finish(loader_.client);
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->rows(), 1);
    EXPECT_EQ(destination_->Text(place), written);
    EXPECT_EQ(Bookmark(), "2");
  }
  // One row more is written with it.
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{2, 2}, {3, 2}}), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:2");
}

TEST_P(ChangesProtocolTest, WhatARunHasWrittenThatNeverFinishedCountsAsWritten) {
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{2, 2}}), IsOk());
  {
    ScriptedRun unfinished = NewRun();
    Begin(unfinished, "2");
    ScriptedRun::Range range(unfinished, loader_.client, 0);
    ASSERT_THAT(range.Open(), IsOk());
    SendChunk(range, {{2, 2}, {3, 2}});
  }
  // The source is as it was for the last run that has finished, the destination isn't.
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{2, 2}}), IsOk());
  EXPECT_EQ(Seen(), GetParam() ? "1:1 2:2 3:2" : "1:1 2:2");
}

// Once the horizon lets go of the bookmark, the same rows again move it.
TEST_P(ChangesProtocolTest, RowsThatMoveTheBookmarkAreNoUnchangedOnes) {
  const auto run_all = [&](const std::string& horizon, const std::vector<ScriptedRun::Row>& rows) {
    ScriptedRun run = NewRun();
    run.set_horizon(horizon);
    EXPECT_THAT(run.Reserve(loader_.client), IsOk());
    const auto begun = run.Begin(loader_.client);
    EXPECT_THAT(begun, IsOk());
    EXPECT_THAT(run.SendRows(loader_.client, rows), IsOk());
    EXPECT_THAT(run.Finish(loader_.client), IsOk());
    return begun.ok() && begun->plan().has_unchanged();
  };
  EXPECT_FALSE(run_all("3", {{2, 2}, {3, 3}, {5, 5}}));
  EXPECT_FALSE(run_all("3", {{3, 3}, {5, 5}}));
  EXPECT_TRUE(run_all("3", {{3, 3}, {5, 5}}));
  EXPECT_TRUE(run_all("3", {{3, 3}, {5, 5}}));
  EXPECT_EQ(Bookmark(), "3");
  EXPECT_FALSE(run_all("9", {{3, 3}, {5, 5}}));
  EXPECT_EQ(Bookmark(), "5");
  EXPECT_FALSE(run_all("9", {{5, 5}}));
  EXPECT_TRUE(run_all("10", {{5, 5}}));
  EXPECT_TRUE(run_all("11", {{5, 5}}));
  EXPECT_EQ(Bookmark(), "5");
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 5:5");
}

// What a run that never finished has written is of the source as well.
TEST_P(ChangesProtocolTest, ASourceBehindAnUnfinishedRunWasRestored) {
  ScriptedRun finished = NewRun(), unfinished = NewRun(), restored = NewRun(), ahead = NewRun();
  finished.set_position("0/100");
  ASSERT_THAT(finished.RunAll(loader_.client, {{2, 2}}), IsOk());
  unfinished.set_position("0/300");
  Begin(unfinished, "2");
  ScriptedRun::Range range(unfinished, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  SendChunk(range, {{2, 2}, {3, 3}});
  restored.set_position("0/200");
  ASSERT_THAT(restored.Reserve(loader_.client), IsOk());
  EXPECT_THAT(restored.Begin(loader_.client), HasReason(Reason::kSourceChanged));
  ahead.set_position("0/300");
  ASSERT_THAT(ahead.RunAll(loader_.client, {{3, 3}}), IsOk());
  // A reset accepts it, and what is behind it.
  ScriptedRun reset = NewRun(), after = NewRun();
  reset.set_position("0/200");
  reset.set_reset_generation(1);
  ASSERT_THAT(reset.Reserve(loader_.client), IsOk());
  ASSERT_THAT(reset.Begin(loader_.client), IsOk());
  after.set_position("0/150");
  ASSERT_THAT(after.RunAll(loader_.client, {{1, 1}, {2, 2}}), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2");
}

TEST_P(ChangesProtocolTest, ARangeThatChangedOrWasOpenedHasToBeSent) {
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{2, 2}, {3, 3}}), IsOk());
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{3, 3}}), IsOk());
  ScriptedRun run = NewRun();
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  const auto begun = run.Begin(loader_.client);
  ASSERT_THAT(begun, IsOk());
  v1::Extent changed = begun->plan().unchanged();
  changed.set_row_sum(changed.row_sum() + 1);
  run.extents()[0] = changed;
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  ScriptedRun::Range range(run, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  run.extents()[0] = begun->plan().unchanged();
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  ASSERT_THAT(run.SendRows(loader_.client, {{3, 4}}), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:4");
}

TEST_P(ChangesProtocolTest, ALoaderThatDiesBeforeItAnswersHasDrawnOnce) {
  ScriptedRun run = NewRun();
  LoseDraw(run);
  EXPECT_EQ(destination_->Int("SELECT fence FROM _lockstitch.streams"), 2);
  ASSERT_THAT(run.RunAll(loader_.client, {{2, 2}, {3, 3}}), IsOk());
  EXPECT_EQ(run.claim().fence(), 2);
  EXPECT_EQ(Seen(), "1:1 2:2 3:3");
}

TEST_P(ChangesProtocolTest, ALoaderThatDiesAroundTheCommitOfBeginLoadHasBegunOneLoad) {
  ScriptedRun run = NewRun();
  ASSERT_THAT(run.Reserve(loader_.client), IsOk());
  LoseBeginning(run, "loader.load.recorded");
  LoseBeginning(run, "loader.load.begun");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads"), 2);
  const auto begun = run.Begin(loader_.client);
  ASSERT_THAT(begun, IsOk());
  EXPECT_EQ(begun->plan().mode(), v1::LOAD_MODE_CHANGES);
  EXPECT_EQ(begun->plan().lower_bound(), "2");
  EXPECT_EQ(begun->plan().ranges_size(), 1);
  ASSERT_THAT(run.SendRows(loader_.client, {{2, 2}, {3, 3}}), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:3");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads"), 2);
}

// What is asked about a run later than that isn't known any more; no row goes.
TEST_P(ChangesProtocolTest, ResultsAreKeptForThirtyDays) {
  ScriptedRun old = NewRun(), young = NewRun(), fresh = NewRun();
  ASSERT_THAT(old.RunAll(loader_.client, {{2, 2}, {3, 3}}), IsOk());
  ASSERT_THAT(young.RunAll(loader_.client, {{3, 3}, {4, 4}}), IsOk());
  destination_->Run(
      "UPDATE _lockstitch.runs SET kept_at = now() - interval '31 days';"
      "UPDATE _lockstitch.loads SET begun_at = now() - interval '31 days'");
  const std::string of_young = " WHERE run_id = '" + young.claim().run_id() + "'";
  destination_->Run("UPDATE _lockstitch.runs SET kept_at = now() - interval '29 days'" + of_young);
  destination_->Run("UPDATE _lockstitch.loads SET begun_at = now() - interval '29 days'" +
                    of_young);
  EXPECT_EQ(old.Finish(loader_.client)->outcome(), kPublished);
  ASSERT_THAT(fresh.RunAll(loader_.client, {{4, 4}, {5, 5}}), IsOk());

  const std::vector<std::string> kept = {young.claim().run_id(), fresh.claim().run_id()};
  for (const char* table : {"runs", "loads", "chunks"}) {
    EXPECT_THAT(destination_->List(std::string("SELECT DISTINCT run_id FROM _lockstitch.") + table),
                UnorderedElementsAreArray(kept))
        << table;
  }
  EXPECT_THAT(old.Finish(loader_.client), HasReason(Reason::kSuperseded));
  const auto result = young.Finish(loader_.client);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->outcome(), kPublished);
  EXPECT_EQ(result->rows(), 2);
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4 5:5");
  EXPECT_EQ(Bookmark(), "5");
  ASSERT_THAT(NewRun().RunAll(loader_.client, {{5, 5}, {6, 6}}), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4 5:5 6:6");
}

// Rows 4 and 5: a chunk's number doesn't name what it holds.
TEST_P(ChangesProtocolTest, ASecondExtractionWithTheSameFenceIsRefused) {
  ScriptedRun run = NewRun(), second = NewRun();
  Begin(run, "2");
  ScriptedRun::Range range(run, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  SendChunk(range, {{2, 2}, {3, 3}});
  second.claim() = run.claim();
  second.claim().set_extraction_id("another");
  EXPECT_THAT(second.Begin(loader_.client), HasReason(Reason::kFenceReused));
  EXPECT_THAT(second.SendRows(loader_.client, {{9, 9}}), HasReason(Reason::kFenceReused));
  EXPECT_THAT(second.Finish(loader_.client), HasReason(Reason::kFenceReused));
  // Nor has its attempt raised that of the range.
  range.SendRows({{4, 4}});
  ASSERT_THAT(range.EndChunk(), IsOk());
  ASSERT_THAT(run.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4");
  EXPECT_EQ(Bookmark(), "4");
}

// Rows 20 and 21.
TEST_P(ChangesProtocolTest, ARangeThatIsOpenedAgainGoesOnAfterItsLastKey) {
  ScriptedRun run = NewRun();
  Begin(run, "2");
  ScriptedRun::Range earlier(run, loader_.client, 0), later(run, loader_.client, 0);
  const auto first = earlier.Open();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->opened().attempt(), 1u);
  EXPECT_FALSE(first->opened().has_last_key());
  SendChunk(earlier, {{2, 2}, {3, 3}, {4, 3}});
  const auto opened = later.Open();
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->opened().attempt(), 2u);
  EXPECT_EQ(opened->opened().durable_chunks(), 1u);
  EXPECT_EQ(opened->opened().last_key(), "3");
  EXPECT_FALSE(opened->opened().complete());
  EXPECT_EQ(opened->opened().durable().rows(), 3u);
  // The same chunk from both.
  earlier.SendRows({{5, 5}, {9, 9}});
  EXPECT_THAT(earlier.EndChunk(/*ends_range=*/false), HasReason(Reason::kRangeSuperseded));
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:3");
  EXPECT_EQ(Bookmark(), "3");
  later.SendRows({{5, 5}, {6, 6}});
  ASSERT_THAT(later.EndChunk(), IsOk());
  const auto result = run.Finish(loader_.client);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->rows(), 5);
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:3 5:5 6:6");
  EXPECT_EQ(Bookmark(), "6");
}

TEST_P(ChangesProtocolTest, AChunkOfASupersededFenceIsRefused) {
  ScriptedRun old = NewRun(), fresh = NewRun();
  Begin(old, "2");
  ScriptedRun::Range range(old, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  SendChunk(range, {{2, 2}, {3, 3}});
  // The draw alone ends it.
  ASSERT_THAT(fresh.Reserve(loader_.client), IsOk());
  range.SendRows({{9, 9}});
  EXPECT_THAT(range.EndChunk(), HasReason(Reason::kSuperseded));
  EXPECT_EQ(Seen(), "1:1 2:2 3:3");
  EXPECT_EQ(Bookmark(), "3");
  EXPECT_EQ(RecordedRows(old), 2);
  // What was durable stays so.
  Begin(fresh, "3");
  ASSERT_THAT(fresh.SendRows(loader_.client, {{3, 3}, {4, 4}}), IsOk());
  ASSERT_THAT(fresh.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4");
  EXPECT_EQ(Bookmark(), "4");
}

// Row 33: without a key, the first chunk of the older bound would delete what the newer has loaded.
TEST_P(ChangesProtocolTest, AFirstChunkBelowALaterBoundIsRefused) {
  ScriptedRun old = NewRun(), fresh = NewRun();
  Begin(old, "2");
  ScriptedRun::Range range(old, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  Begin(fresh, "2");
  ScriptedRun::Range newer(fresh, loader_.client, 0);
  ASSERT_THAT(newer.Open(), IsOk());
  SendChunk(newer, {{2, 2}, {3, 3}, {4, 4}});
  range.SendRows({{2, 2}, {3, 3}});
  EXPECT_THAT(range.EndChunk(), HasReason(Reason::kSuperseded));
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4");
  EXPECT_EQ(Bookmark(), "4");
  newer.SendRows({{5, 5}});
  ASSERT_THAT(newer.EndChunk(), IsOk());
  ASSERT_THAT(fresh.Finish(loader_.client), IsOk());
  EXPECT_EQ(Seen(), "1:1 2:2 3:3 4:4 5:5");
}

TEST_P(ChangesProtocolTest, FinishLoadDemandsExactlyWhatWasRead) {
  ScriptedRun run = NewRun();
  Begin(run, "2");
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  ScriptedRun::Range range(run, loader_.client, 0);
  ASSERT_THAT(range.Open(), IsOk());
  SendChunk(range, {{2, 2}, {3, 3}});
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  range.SendRows({{4, 4}});
  ASSERT_THAT(range.EndChunk(), IsOk());
  const v1::Extent right = run.extents()[0];
  run.extents()[0].set_row_sum(right.row_sum() + 1);
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  run.extents()[0] = right;
  run.extents()[0].set_rows(right.rows() + 1);
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  run.extents()[0] = right;
  run.extents()[1] = v1::Extent();
  EXPECT_THAT(run.Finish(loader_.client), HasReason(Reason::kLoadMismatch));
  run.extents().erase(1);
  EXPECT_THAT(run.Finish(loader_.client), IsOk());
}

// Row 22: a chunk gets stuck in a first loader at `instant`; a second loader takes the range over
// and the load is finished; then the first one is let go. The stuck chunk holds a row that nothing
// else has, to be seen if it lands.
class StuckChangesTest : public ChangesProtocolTest {
 protected:
  void StuckAt(const std::string& instant) {
    Rendezvous stuck;
    Loader slow(instant + "=" + stuck.action());
    ScriptedRun run = NewRun();
    Begin(run, "2");
    ScriptedRun::Range first(run, slow.client, 0);
    ASSERT_THAT(first.Open(), IsOk());
    absl::StatusOr<v1::LoadResponse> late;
    first.SendRows({{2, 2}, {9, 9}});
    std::thread sender([&] { late = first.EndChunk(); });
    stuck.AwaitArrival();
    EXPECT_THAT(run.SendRows(loader_.client, {{2, 2}, {3, 3}}), IsOk());
    const auto result = run.Finish(loader_.client);
    stuck.Release();
    sender.join();
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->rows(), 2);
    EXPECT_THAT(late, HasReason(Reason::kRunAborted));
    EXPECT_EQ(Seen(), "1:1 2:2 3:3");
    EXPECT_EQ(Bookmark(), "3");
    EXPECT_EQ(RecordedRows(run), 2);
  }
};

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, StuckChangesTest, ::testing::Bool(), NameOf);

TEST_P(StuckChangesTest, AStuckCopyThatArrivesAfterFinishLoad) { StuckAt("loader.batch.written"); }

TEST_P(StuckChangesTest, AStuckCommitThatArrivesAfterFinishLoad) { StuckAt("loader.chunk.copied"); }

}  // namespace
}  // namespace lockstitch::tests

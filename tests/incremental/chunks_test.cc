// What extractors read of incremental streams, and in which chunks it becomes durable.

#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kKilled = 128 + SIGKILL;

class ChunksTest : public ClustersTest {
 protected:
  // public.t, read by `k`.
  v1::Integration Job(const std::string& lookback = "") {
    v1::Integration job = IntegrationOf("s", source_url_, destination_url_, {"t"});
    v1::StreamSettings& stream = *job.mutable_streams(0);
    stream.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    stream.set_replication_key("k");
    stream.set_lookback(lookback);
    return job;
  }

  // Of `rows` rows, three for each key.
  void MakeTable(bool keyed, int rows) {
    source_->Run(std::string("CREATE TABLE t (id int") + (keyed ? " PRIMARY KEY" : "") +
                 ", k numeric, v text); CREATE INDEX ON t (k)");
    Insert(1, rows);
  }
  void Insert(int first, int last) {
    source_->Run("INSERT INTO t SELECT n, (n / 3)::numeric, repeat('x', 50) FROM generate_series(" +
                 std::to_string(first) + ", " + std::to_string(last) + ") n; ANALYZE t");
  }

  static int64_t RowsLoaded(const JobOutcome& outcome) {
    EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
    return outcome.stream("public.t").progress().rows_loaded();
  }
};

TEST_F(ChunksTest, ARunReadsWhatIsAtOrPastTheBookmark) {
  MakeTable(/*keyed=*/true, 3000);
  Stack stack({}, {"--chunk-rows=100"});
  EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 3000);
  ExpectSameContents("t", "s.t", "id, k, v");
  Insert(3001, 4000);
  const JobOutcome outcome = RunJob(stack, Job());
  EXPECT_EQ(RowsLoaded(outcome), 1001);  // Row 3000 has the greatest key of the first run.
  ExpectSameContents("t", "s.t", "id, k, v");
  EXPECT_THAT(outcome.log, Contains(HasSubstr("the bookmark follows the greatest k")));
}

// Also where the key's text changes and its value does not.
TEST_F(ChunksTest, AChunkEndsWhereTheKeyChanges) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, k numeric, v text); CREATE INDEX ON t (k)");
  source_->Run("INSERT INTO t VALUES (0, 0, 'first')");
  Stack stack({}, {"--chunk-rows=100"});
  EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 1);
  source_->Run(
      "INSERT INTO t SELECT n, CASE WHEN n <= 250 THEN ('1.' || repeat('0', n % 3))::numeric WHEN "
      "n "
      "<= 349 THEN 2 ELSE n END, 'x' FROM generate_series(1, 500) n");
  EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 501);
  ExpectSameContents("t", "s.t", "id, k, v");
  // 0 and 1; 2 and 350; from 351 to 450; the rest.
  EXPECT_THAT(destination_->List("SELECT rows || ' to ' || trim_scale(last_key::numeric) FROM "
                                 "_lockstitch.chunks WHERE load_id "
                                 "= (SELECT max(load_id) FROM _lockstitch.loads) ORDER BY chunk"),
              ElementsAre("251 to 1", "100 to 350", "100 to 450", "50 to 500"));
}

TEST_F(ChunksTest, ALookbackIsReadAgain) {
  MakeTable(/*keyed=*/true, 300);
  Stack stack;
  EXPECT_EQ(RowsLoaded(RunJob(stack, Job("10"))), 300);
  source_->Run("INSERT INTO t VALUES (1000, 90.5, 'late')");
  EXPECT_EQ(RowsLoaded(RunJob(stack, Job("10"))), 32);  // From 90 to 100.
  ExpectSameContents("t", "s.t", "id, k, v");
}

TEST_F(ChunksTest, RowsThatAreNotThereAnyMoreAreSaid) {
  MakeTable(/*keyed=*/true, 30);
  Stack stack;
  EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 30);
  EXPECT_THAT(RunJob(stack, Job()).log, Not(Contains(HasSubstr("no row is at or past"))));
  source_->Run("DELETE FROM t WHERE k > 5");
  const JobOutcome outcome = RunJob(stack, Job());
  EXPECT_EQ(RowsLoaded(outcome), 0);
  EXPECT_THAT(outcome.log, Contains(HasSubstr("no row is at or past the bookmark 10")));
}

TEST_F(ChunksTest, KeysThatCountForNothingAreSaid) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, k numeric)");
  source_->Run("INSERT INTO t VALUES (1, NULL), (2, 'NaN')");
  Stack stack;
  for (int run = 0; run < 2; ++run) {
    const JobOutcome outcome = RunJob(stack, Job());
    EXPECT_EQ(RowsLoaded(outcome), 2);
    EXPECT_THAT(outcome.log, Contains(HasSubstr("there is no bookmark: no row has a k")));
  }
}

TEST_F(ChunksTest, TheFirstLoadIsReadInRangesOfTheKey) {
  MakeTable(/*keyed=*/false, 3000);
  source_->Run("INSERT INTO t VALUES (1, NULL, 'n'), (2, 'NaN', 'n')");
  Stack stack;
  v1::Integration job = Job();
  job.mutable_streams(0)->set_ranges(4);
  EXPECT_EQ(RowsLoaded(RunJob(stack, job)), 3002);
  ExpectSameContents("t", "s.t", "id, k, v");
}

TEST_F(ChunksTest, ARunThatFailsTellsWhatItHasCommitted) {
  MakeTable(/*keyed=*/true, 30);
  v1::Integration job = Job();
  job.mutable_streams(0)->set_filter("10 / (id - 250) IS NOT NULL");
  Stack stack({}, {"--chunk-rows=25"});
  EXPECT_EQ(RowsLoaded(RunJob(stack, job)), 30);
  Insert(31, 300);
  const v1::StreamRun failed = RunJob(stack, job).stream("public.t");
  EXPECT_EQ(failed.state(), v1::STREAM_RUN_STATE_FAILED);
  EXPECT_GE(failed.progress().rows_loaded(), 100);
  EXPECT_EQ(failed.progress().rows_loaded(),
            destination_->Int("SELECT sum(rows) FROM _lockstitch.chunks WHERE run_id = '" +
                              failed.run_id() + "'"));
}

class KilledLoaderTest : public ChunksTest, public ::testing::WithParamInterface<bool> {
 protected:
  void KilledAt(const std::string& instant) {
    MakeTable(GetParam(), 3000);
    {
      Stack stack;
      EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 3000);
    }
    Insert(3001, 6000);
    Stack stack({.loader = instant + "=kill"}, {"--chunk-rows=500"});
    JobOutcome outcome;
    std::thread job([&] { outcome = RunJob(stack, Job()); });
    EXPECT_EQ(stack.loader.process().Wait(), kKilled);
    stack.loader.Restart();
    job.join();
    EXPECT_EQ(RowsLoaded(outcome), 3001);
    EXPECT_EQ(outcome.stream("public.t").attempts(), 1u);
    ExpectSameContents("t", "s.t", "id, k, v");
  }
};

TEST_P(KilledLoaderTest, BeforeAChunksCommit) { KilledAt("loader.chunk.copied"); }
TEST_P(KilledLoaderTest, AfterAChunksCommitAndBeforeItsAnswer) {
  KilledAt("loader.chunk.committed");
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, KilledLoaderTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

class KilledExtractorTest : public ChunksTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(KilledExtractorTest, CostsOneChunk) {
  MakeTable(/*keyed=*/false, 3000);
  {
    Stack stack;
    EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 3000);
  }
  Insert(3001, 6000);
  Stack stack({.extractor = std::string("extractor.chunk.") + GetParam() + "=kill"},
              {"--chunk-rows=500"});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job()); });
  EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
  stack.extractor.Restart();
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  ExpectSameContents("t", "s.t", "id, k, v");
}

// Row 17 of the study in tests/model: rows of one key are never in two chunks.
TEST_F(ChunksTest, TiesThatComeInAnotherOrderWhenReadAgain) {
  MakeTable(/*keyed=*/false, 30);
  {
    Stack stack;
    EXPECT_EQ(RowsLoaded(RunJob(stack, Job())), 30);
  }
  Insert(31, 300);
  Stack stack({.extractor = "extractor.chunk.acknowledged=kill@3"}, {"--chunk-rows=25"});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job()); });
  EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
  source_->Run(
      "CREATE INDEX backward ON t (k, id DESC); CLUSTER t USING backward; DROP INDEX backward");
  stack.extractor.Restart();
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  ExpectSameContents("t", "s.t", "id, k, v");
  // Three chunks of 27 rows and the row before them were durable: the key of the last is read
  // again.
  EXPECT_EQ(destination_->Text("SELECT lower_bound FROM _lockstitch.loads ORDER BY load_id DESC "
                               "LIMIT 1"),
            destination_->Text("SELECT last_key FROM _lockstitch.chunks WHERE chunk = 2 ORDER BY "
                               "load_id LIMIT 1"));
}

INSTANTIATE_TEST_SUITE_P(Instants, KilledExtractorTest, ::testing::Values("sent", "acknowledged"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace lockstitch::tests

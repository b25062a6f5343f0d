// Jobs by services of which one is older than the others.

#include <signal.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "rpc/retry.h"
#include "services/scheduler/scheduler_client.h"
#include "tests/stack/clusters.h"
#include "tests/upgrade/mixed_stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kKilled = 128 + SIGKILL;

class PeersTest : public ClustersTest, public ::testing::WithParamInterface<Older> {
 protected:
  // The services that tests with the same older one share.
  static MixedStack& Shared() {
    static std::map<Older, std::unique_ptr<MixedStack>> stacks;
    std::unique_ptr<MixedStack>& stack = stacks[GetParam()];
    if (stack == nullptr) stack = std::make_unique<MixedStack>(GetParam());
    return *stack;
  }

  // The source's public.t into s.t.
  v1::Integration Job(v1::ReplicationMethod method) {
    v1::Integration job = IntegrationOf("s", source_url_, destination_url_, {"t"});
    job.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
    Stream(job).set_method(method);
    if (method == v1::REPLICATION_METHOD_INCREMENTAL) Stream(job).set_replication_key("k");
    return job;
  }
  static v1::StreamSettings& Stream(v1::Integration& job) { return *job.mutable_streams(0); }

  // With settings that only protocol 2 has.
  v1::Integration NewerJob() {
    v1::Integration job = Job(v1::REPLICATION_METHOD_INCREMENTAL);
    Stream(job).set_backfill(v1::BACKFILL_RELOAD);
    Stream(job).mutable_deletes()->mutable_every();
    Stream(job).mutable_deletes()->set_action(v1::DELETE_ACTION_DELETE);
    return job;
  }

  JobOutcome Run(const v1::Integration& job, bool verify = false) {
    v1::RunOnceRequest request;
    *request.mutable_integration() = job;
    request.set_verify(verify);
    JobOutcome outcome = RunJobAt(Shared().address, request);
    ExpectSucceeded(outcome);
    return outcome;
  }

  void MakeTable() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k timestamptz, price numeric(10,2), tags text[], doc "
        "jsonb); CREATE INDEX ON t (k); INSERT INTO t SELECT n, timestamptz '2020-01-01 00:00+00' "
        "+ n * interval '1 hour', n / 7.0, ARRAY['a', n::text], jsonb_build_object('n', n) FROM "
        "generate_series(1, 500) n; ANALYZE t");
  }
  void ExpectExact(const std::string& expected = "t") {
    const auto rows = [](testing::Database& database, const std::string& table) {
      return database.List("SELECT t::text FROM " + table + " AS t ORDER BY t::text COLLATE \"C\"");
    };
    EXPECT_EQ(rows(*source_, expected), rows(*destination_, "s.t"));
  }
  // Which transactions have written the destination's rows.
  std::string Writers() {
    return destination_->Text("SELECT string_agg(xmin::text, ',' ORDER BY id) FROM s.t");
  }

  // Lines of the log that a setting without effect is said in.
  static ::testing::Matcher<std::vector<std::string>> TellsOfOlderPeer() {
    const std::string without =
        " is of an older version, so that this run does not heed deletes and backfill";
    switch (GetParam()) {
      case Older::kExtractor:
        return Contains("the extractor" + without + ": upgrade it");
      case Older::kLoader:
        return Contains("the loader" + without + ": upgrade it");
      case Older::kDiscovery:
      case Older::kScheduler:  // It doesn't know that there are such settings.
        return Not(Contains(HasSubstr("older version")));
    }
    return ::testing::_;
  }
};

TEST_P(PeersTest, FullTablesAreExactAndVerified) {
  MakeTable();
  v1::Integration job = Job(v1::REPLICATION_METHOD_FULL_TABLE);
  Stream(job).set_ranges(3);
  EXPECT_THAT(Run(job, /*verify=*/true).log, Not(Contains(HasSubstr("older version"))));
  ExpectExact();
  source_->Run(
      "DELETE FROM t WHERE id <= 10; UPDATE t SET price = 0 WHERE id = 20; INSERT INTO t (id) "
      "VALUES (1000); ALTER TABLE t ADD COLUMN more text DEFAULT 'x', DROP COLUMN tags");
  EXPECT_EQ(Run(job, /*verify=*/true).stream("public.t").verification().outcome(),
            v1::VERIFICATION_OUTCOME_VERIFIED);
  // Which columns without values stay behind the others is not the peers' matter.
  ExpectSameContents("t", "s.t", "id, k, price, doc, more");
}

TEST_P(PeersTest, IncrementalStreamsGoOnAndWhatIsWithoutEffectIsSaid) {
  MakeTable();
  const v1::Integration job = NewerJob();
  EXPECT_THAT(Run(job).log, TellsOfOlderPeer());
  ExpectExact();

  source_->Run(
      "UPDATE t SET k = '2021-01-01', price = 1 WHERE id IN (3, 400); INSERT INTO t SELECT n, "
      "timestamptz '2022-01-01' + n * interval '1 s' FROM generate_series(501, 530) n");
  const JobOutcome changed = Run(job, /*verify=*/true);
  ExpectExact();
  EXPECT_THAT(changed.log, TellsOfOlderPeer());
  EXPECT_EQ(changed.stream("public.t").verification().outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_LT(changed.stream("public.t").progress().rows_extracted(), 500);

  const std::string writers = Writers();
  Run(job);
  EXPECT_EQ(Writers(), writers);
  ExpectExact();
}

TEST_P(PeersTest, NothingIsPlannedThatAnOlderPeerDoesNotKnow) {
  MakeTable();
  const v1::Integration job = NewerJob();
  Run(job);
  source_->Run("DELETE FROM t WHERE id = 7");
  Run(job);
  if (GetParam() == Older::kDiscovery) return;
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.ranges WHERE keys"), 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t WHERE id = 7"), 1);
}

TEST_P(PeersTest, AResetIsAppliedOnce) {
  MakeTable();
  v1::Integration job = NewerJob();
  Run(job);
  source_->Run("DELETE FROM t WHERE id <= 100; UPDATE t SET price = 5 WHERE id = 200");
  Stream(job).set_reset(1);
  Run(job);
  // An older scheduler knows no resets in settings.
  if (GetParam() == Older::kScheduler) {
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 500);
    EXPECT_EQ(destination_->Int("SELECT table_version FROM _lockstitch.streams"), 1);
    return;
  }
  ExpectExact();
  EXPECT_EQ(destination_->Int("SELECT table_version FROM _lockstitch.streams"), 2);
  Run(job);
  job.set_reset(2);
  Run(job);
  ExpectExact();
  EXPECT_EQ(destination_->Int("SELECT table_version FROM _lockstitch.streams"), 3);
}

TEST_P(PeersTest, AFirstLoadThatWasCutShortIsGoneOnWith) {
  MakeTable();
  v1::Integration job = NewerJob();
  job.mutable_source()->mutable_postgres()->set_max_connections(1);
  Stream(job).set_ranges(4);
  MixedStack stack(GetParam(), {.extractor = "extractor.chunk.acknowledged=kill"});
  const std::string& scheduler = stack.address;
  std::thread running([&] { RunJobAt(scheduler, job); });
  EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
  stack.scheduler.process().Kill();
  running.join();
  stack.extractor.Restart();
  stack.scheduler.Restart();
  // Whoever stands in between has lost its connection, and is some time about making another.
  const scheduler::SchedulerClient client(rpc::Connect(scheduler), "scheduler");
  const absl::Status answers =
      rpc::Retry(rpc::RetryPolicy(), {}, [&] { return client.ValidateIntegration(job).status(); });
  ASSERT_TRUE(answers.ok()) << answers;

  source_->Run("UPDATE t SET k = now(), price = 2 WHERE id = 5; DELETE FROM t WHERE id = 499");
  const JobOutcome outcome = RunJobAt(scheduler, job);
  ExpectSucceeded(outcome);
  EXPECT_THAT(outcome.log, Contains(HasSubstr("goes on with the first load")));
  EXPECT_LT(outcome.stream("public.t").progress().rows_extracted(), 500);
  // The deleted row had not been read when the extractor died.
  ExpectExact();
}

TEST_P(PeersTest, ChecksAndComparisonsWork) {
  MakeTable();
  const v1::Integration job = NewerJob();
  Run(job);
  source_->Run("ALTER TABLE t ADD COLUMN more int");
  const scheduler::SchedulerClient client(rpc::Connect(Shared().address), "scheduler");
  const auto validated = client.ValidateIntegration(job);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->problems_size(), 0) << validated->ShortDebugString();
  EXPECT_EQ(validated->streams_size(), 1);
  // An older scheduler has no word for it.
  if (GetParam() == Older::kScheduler) return;
  // What the next run would do is asked of the loader, for what discovery tells of the source.
  const auto untold = Contains(HasSubstr("can't be told"));
  if (GetParam() == Older::kExtractor) {
    EXPECT_THAT(validated->notes(), Not(untold));
  } else {
    EXPECT_THAT(validated->notes(), untold);
  }
}

// Else the tests above show nothing.
TEST_P(PeersTest, SomethingDoesNotGetThrough) {
  MakeTable();
  Run(NewerJob());
  const std::map<Older, std::string> one = {
      {Older::kExtractor, "lockstitch.v1.StreamSettings.13"},
      {Older::kLoader, "lockstitch.v1.BeginLoadRequest.21"},
      {Older::kDiscovery, "lockstitch.v1.Table.14"},
      {Older::kScheduler, "lockstitch.v1.StreamSettings.13"},
  };
  EXPECT_THAT(Shared().dropped(), Contains(one.at(GetParam())));
}

std::string NameOf(const ::testing::TestParamInfo<Older>& older) {
  switch (older.param) {
    case Older::kExtractor:
      return "Extractor";
    case Older::kLoader:
      return "Loader";
    case Older::kDiscovery:
      return "Discovery";
    case Older::kScheduler:
      return "Scheduler";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Older, PeersTest,
                         ::testing::Values(Older::kExtractor, Older::kLoader, Older::kDiscovery,
                                           Older::kScheduler),
                         NameOf);

}  // namespace
}  // namespace lockstitch::tests

// What other versions have left at destinations.

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/scheduler_client.h"
#include "testing/status_matchers.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const std::string& name) {
  std::ifstream stream("tests/upgrade/states/" + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class StatesTest : public ClustersTest {
 protected:
  static Stack& SharedStack() {
    static Stack stack;
    return stack;
  }

  // As dump_state has it.
  v1::Integration Job(bool incremental) {
    std::vector<std::string> streams = {"public.whole"};
    if (incremental) streams.insert(streams.end(), {"public.changing", "public.begun"});
    v1::Integration job = IntegrationOf("s", source_url_, destination_url_, streams);
    job.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
    job.mutable_source()->mutable_postgres()->set_max_connections(1);
    for (v1::StreamSettings& stream : *job.mutable_streams()) {
      if (stream.stream() == "public.whole") continue;
      stream.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
      stream.set_replication_key("k");
    }
    if (incremental) {
      job.mutable_streams(2)->set_ranges(4);
      job.mutable_streams(2)->set_filter("10 / d < 99");
    }
    return job;
  }

  // Puts the source's tables and a kept state there, as if it came from this source; what names
  // tables by OID names those that were just made.
  void Restore(int version) {
    source_->Run(ReadFile("source.sql"));
    destination_->Run(ReadFile(std::to_string(version) + ".sql"));
    const std::string system = source_->Text("SELECT system_identifier FROM pg_control_system()");
    const std::string database = source_->Text("SELECT current_database()");
    for (const std::string table : {"streams", "loads"}) {
      destination_->Run("UPDATE _lockstitch." + table + " SET source_system = '" + system +
                        "', source_database = '" + database + "', source_position = '0/1'");
    }
    destination_->Run(
        "UPDATE _lockstitch.streams SET destination_oid = ('s.' || destination_table)::regclass "
        "WHERE destination_table IS NOT NULL; UPDATE _lockstitch.loads SET load_oid = "
        "('_lockstitch.' || load_table)::regclass WHERE state = 'open'");
  }

  void ExpectExact(const std::string& table) {
    ExpectSameContents("public." + table, "s." + table, table + "::text");
  }

  // Every row of every table that Lockstitch has made, with what wrote it.
  std::vector<std::string> Everything() {
    std::vector<std::string> rows;
    for (const std::string& table : destination_->List(
             "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = "
             "relnamespace WHERE nspname IN ('s', '_lockstitch') AND relkind = 'r' ORDER BY 1")) {
      for (const std::string& row : destination_->List(
               "SELECT concat_ws(' ', tableoid, xmin, ctid, t) FROM " + table + " t ORDER BY 1"))
        rows.push_back(row);
    }
    return rows;
  }
};

class EarlierStatesTest : public StatesTest, public ::testing::WithParamInterface<int> {};

TEST_P(EarlierStatesTest, FullTablesGoOn) {
  Restore(GetParam());
  source_->Run("DELETE FROM whole WHERE id = 1; UPDATE whole SET v = 'new' WHERE id = 2");
  const std::string uid = destination_->Text("SELECT uid FROM _lockstitch.integrations");
  ExpectSucceeded(RunJob(SharedStack(), Job(/*incremental=*/false)));
  ExpectExact("whole");
  EXPECT_EQ(destination_->Int("SELECT table_version FROM _lockstitch.streams WHERE source_table = "
                              "'whole'"),
            2);
  EXPECT_EQ(destination_->Text("SELECT uid FROM _lockstitch.integrations"), uid);
}

TEST_P(EarlierStatesTest, AreCheckedAsTheyAre) {
  Restore(GetParam());
  const std::vector<std::string> before = Everything();
  const scheduler::SchedulerClient client(rpc::Connect(SharedStack().scheduler.address()),
                                          "scheduler");
  const auto checked = client.ValidateIntegration(Job(/*incremental=*/GetParam() >= 3));
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_TRUE(checked->problems().empty()) << checked->ShortDebugString();
  ASSERT_EQ(checked->streams_size(), GetParam() >= 3 ? 3 : 1);
  // The first version did not keep which columns were loaded.
  EXPECT_EQ(checked->streams(0).loaded(), GetParam() > 1);
  EXPECT_THAT(checked->notes(), Contains(HasSubstr("state is of an older version")));
  EXPECT_EQ(Everything(), before);

  destination_->Run("DROP TABLE s.whole; CREATE TABLE s.whole ()");
  const auto taken = client.ValidateIntegration(Job(/*incremental=*/false));
  ASSERT_TRUE(taken.ok()) << taken.status();
  ASSERT_EQ(taken->problems_size(), 1);
  EXPECT_EQ(taken->problems(0).reason(), "DESTINATION_TABLE_NOT_OURS");
}

INSTANTIATE_TEST_SUITE_P(Versions, EarlierStatesTest, ::testing::Values(1, 2, 3, 4));

TEST_F(StatesTest, IncrementalStreamsOfVersion3GoOnAtTheirBookmark) {
  Restore(3);
  source_->Run(
      "UPDATE changing SET k = '2026-02-01 00:00+00', v = 'new' WHERE id = 3; INSERT INTO changing "
      "VALUES (21, '2026-02-02 00:00+00', 'row 21')");
  v1::Integration job = Job(/*incremental=*/true);
  job.mutable_streams()->RemoveLast();
  const JobOutcome outcome = RunJob(SharedStack(), job);
  ExpectSucceeded(outcome);
  ExpectExact("changing");
  // The bookmark's row, and the two that are new.
  EXPECT_EQ(outcome.stream("public.changing").progress().rows_extracted(), 3);
  EXPECT_THAT(outcome.log, Not(Contains(HasSubstr("reads the whole table"))));
}

TEST_F(StatesTest, AnUnfinishedFirstLoadOfVersion3IsGoneOnWith) {
  Restore(3);
  source_->Run("UPDATE begun SET d = 1");
  const JobOutcome outcome = RunJob(SharedStack(), Job(/*incremental=*/true));
  ExpectSucceeded(outcome);
  ExpectExact("begun");
  EXPECT_THAT(outcome.log, Contains(HasSubstr("3 of 5 ranges are durable")));
  EXPECT_LT(outcome.stream("public.begun").progress().rows_extracted(), 20);
}

TEST_F(StatesTest, ANewerStateIsRefusedByEveryCallAndLeftAsItIs) {
  source_->Run(ReadFile("source.sql"));
  source_->Run("UPDATE begun SET d = 1");
  const v1::Integration job = Job(/*incremental=*/true);
  ExpectSucceeded(RunJob(SharedStack(), job));
  destination_->Run("UPDATE _lockstitch.schema_version SET version = version + 1");
  const std::vector<std::string> before = Everything();

  source_->Run("UPDATE changing SET k = '2026-02-01 00:00+00', v = 'new' WHERE id = 3");
  const JobOutcome outcome = RunJob(SharedStack(), job);
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(outcome.streams.size(), 3u);
  for (const v1::StreamRun& run : outcome.streams) {
    EXPECT_EQ(run.error().reason(), "DESTINATION_STATE_TOO_NEW") << run.ShortDebugString();
    EXPECT_EQ(run.error().remedy(), "Use that version, or a newer one.");
    EXPECT_EQ(run.attempts(), 1u);
  }

  v1::VerifyRequest verify;
  *verify.mutable_integration() = job;
  const scheduler::SchedulerClient client(rpc::Connect(SharedStack().scheduler.address()),
                                          "scheduler");
  EXPECT_THAT(client.Verify(verify, [](const v1::VerifyResponse&) {}, {}),
              testing::HasReason(Reason::kDestinationStateTooNew));
  const loader::LoaderClient loader(rpc::Connect(SharedStack().loader.address()), "loader");
  v1::SweepRequest sweep;
  *sweep.mutable_destination() = job.destination();
  EXPECT_THAT(loader.Sweep(sweep), testing::HasReason(Reason::kDestinationStateTooNew));
  v1::ForgetIntegrationRequest forget;
  *forget.mutable_destination() = job.destination();
  forget.set_integration(job.name());
  forget.set_drop_tables(true);
  EXPECT_THAT(loader.ForgetIntegration(forget),
              testing::HasReason(Reason::kDestinationStateTooNew));
  v1::PreviewLoadsRequest preview;
  v1::BeginLoadRequest& opening = *preview.add_loads();
  *opening.mutable_claim()->mutable_target()->mutable_destination() = job.destination();
  opening.mutable_claim()->mutable_target()->set_integration(job.name());
  opening.mutable_claim()->mutable_target()->mutable_table()->set_schema("public");
  opening.mutable_claim()->mutable_target()->mutable_table()->set_name("whole");
  EXPECT_THAT(loader.PreviewLoads(preview), testing::HasReason(Reason::kDestinationStateTooNew));
  v1::CheckDestinationRequest check;
  *check.mutable_destination() = job.destination();
  const auto checked = loader.CheckDestination(check);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_THAT(checked->ShortDebugString(), HasSubstr("DESTINATION_STATE_TOO_NEW"));

  EXPECT_EQ(Everything(), before);
  destination_->Run("UPDATE _lockstitch.schema_version SET version = version - 1");
  const JobOutcome after = RunJob(SharedStack(), job);
  ExpectSucceeded(after);
  EXPECT_EQ(after.stream("public.changing").progress().rows_extracted(), 2);
  ExpectExact("changing");
}

}  // namespace
}  // namespace lockstitch::tests

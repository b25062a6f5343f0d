// `lockstitch forget`: an integration ends, and its name is free.

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/incremental/first_load.h"

namespace lockstitch::tests {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Rendezvous;

class ForgetTest : public FirstLoadTest {
 protected:
  ForgetTest() {
    MakeTable(/*keyed=*/true);
    source_->Run("CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1), (2)");
  }

  // Of t, incremental, and of u.
  v1::Integration Both() {
    v1::Integration job = Job();
    job.add_streams()->set_stream("u");
    return job;
  }

  CommandResult Forget(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"cli/lockstitch", "forget", "--destination",
                                        destination_url_ + "&password=hunter2"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    CommandResult result = testing::RunCommand({.command = command});
    EXPECT_THAT(result.out, Not(HasSubstr("hunter2")));
    EXPECT_THAT(result.err, Not(HasSubstr("hunter2")));
    return result;
  }
  nlohmann::json ForgetAsJson(std::vector<std::string> arguments, int status = 0) {
    arguments.insert(arguments.end(), {"--output", "json"});
    const CommandResult result = Forget(arguments);
    EXPECT_EQ(result.status, status) << result.out << result.err;
    return nlohmann::json::parse(result.out);
  }

  std::string Uid() { return destination_->Text("SELECT uid FROM _lockstitch.integrations"); }
  // Tables of the destination schema.
  std::vector<std::string> Tables() {
    return destination_->List(
        "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE "
        "nspname = 's' AND relkind = 'r' ORDER BY 1");
  }
  // Rows of _lockstitch about anything.
  int64_t StateRows() {
    int64_t rows = 0;
    for (const char* table : {"integrations", "streams", "loads", "ranges", "chunks", "runs"})
      rows += destination_->Int("SELECT count(*) FROM _lockstitch." + std::string(table));
    return rows;
  }
};

TEST_F(ForgetTest, TablesStayAndTheNameInheritsNothing) {
  Run(Both());
  const std::string uid = Uid();
  const auto would = ForgetAsJson({"--name", "s", "--dry-run"});
  EXPECT_EQ(would["forgotten"], false);
  EXPECT_EQ(would["tables"].size(), 2u);
  EXPECT_EQ(Uid(), uid);

  const auto forgotten = ForgetAsJson({"--name", "s"});
  EXPECT_EQ(forgotten["integration"], "s");
  EXPECT_EQ(forgotten["forgotten"], true);
  ASSERT_EQ(forgotten["tables"].size(), 2u);
  EXPECT_EQ(forgotten["tables"][0]["table"], "s.t");
  EXPECT_EQ(forgotten["tables"][0]["dropped"], false);
  EXPECT_TRUE(forgotten["tables"][0]["error"].is_null());
  EXPECT_TRUE(forgotten["dropped_schema"].is_null());
  EXPECT_TRUE(forgotten["ended_runs"].empty());
  EXPECT_EQ(StateRows(), 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1005);

  const v1::StreamRun refused = RunJob(SharedStack(), Job()).stream("public.t");
  EXPECT_EQ(refused.error().reason(), "DESTINATION_TABLE_NOT_OURS");
  EXPECT_THAT(refused.error().remedy(), HasSubstr("drop the table"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1005);

  destination_->Run("ALTER TABLE s.t RENAME TO kept");
  const JobOutcome first = Run(Job());
  EXPECT_THAT(first.log, Not(Says("reads the whole table")));
  EXPECT_EQ(RowsRead(first), 1005);
  EXPECT_NE(Uid(), uid);
  EXPECT_EQ(destination_->Int("SELECT table_version FROM _lockstitch.streams"), 1);
  ExpectExact();
}

TEST_F(ForgetTest, WithItsTables) {
  Run(Both());
  const CommandResult would = Forget({"--name", "s", "--drop-tables", "--dry-run"});
  EXPECT_EQ(would.status, 0);
  EXPECT_THAT(would.out, AllOf(HasSubstr("s.t    would be dropped"),
                               HasSubstr("s: would be forgotten, 2 of 2 tables dropped, 0 runs")));
  EXPECT_THAT(Tables(), ElementsAre("t", "u"));

  const CommandResult forgotten = Forget({"--name", "s", "--drop-tables"});
  EXPECT_EQ(forgotten.status, 0) << forgotten.err;
  EXPECT_THAT(forgotten.out,
              AllOf(HasSubstr("s.t    dropped"), HasSubstr("s: forgotten, 2 of 2 tables dropped"),
                    HasSubstr("the schema s was empty and is dropped")));
  EXPECT_EQ(StateRows(), 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_namespace WHERE nspname = 's'"), 0);
  Run(Both());
  ExpectExact();
}

TEST_F(ForgetTest, WhatElseIsInTheSchemaStays) {
  Run(Both());
  destination_->Run("CREATE TABLE s.mine (id int); DROP TABLE s.u; CREATE TABLE s.u (own int)");
  const auto forgotten = ForgetAsJson({"--name", "s", "--drop-tables"});
  ASSERT_EQ(forgotten["tables"].size(), 1u);
  EXPECT_EQ(forgotten["tables"][0]["table"], "s.t");
  EXPECT_TRUE(forgotten["dropped_schema"].is_null());
  EXPECT_THAT(Tables(), ElementsAre("mine", "u"));
}

TEST_F(ForgetTest, AUsersViewKeepsItsTable) {
  Run(Both());
  destination_->Run("CREATE VIEW report AS SELECT * FROM s.t");
  const auto forgotten = ForgetAsJson({"--name", "s", "--drop-tables"}, 1);
  ASSERT_EQ(forgotten["tables"].size(), 2u);
  EXPECT_EQ(forgotten["tables"][0]["dropped"], false);
  EXPECT_EQ(forgotten["tables"][0]["error"]["reason"], "DESTINATION_TABLE_IN_USE");
  EXPECT_THAT(forgotten["tables"][0]["error"].value("message", ""), HasSubstr("public.report"));
  EXPECT_THAT(forgotten["tables"][0]["error"].value("remedy", ""), HasSubstr("drop the table"));
  EXPECT_EQ(forgotten["tables"][1]["dropped"], true);
  EXPECT_THAT(Tables(), ElementsAre("t"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM report"), 1005);
  EXPECT_EQ(StateRows(), 0);
}

TEST_F(ForgetTest, OnlyOnceAndOnlyByItsName) {
  EXPECT_EQ(ForgetAsJson({"--name", "s"}, 1)["error"]["reason"], "INTEGRATION_NOT_FOUND");
  Run(Both());
  const auto wrong = ForgetAsJson({"--name", "shop"}, 1)["error"];
  EXPECT_EQ(wrong["reason"], "INTEGRATION_NOT_FOUND");
  EXPECT_THAT(wrong.value("message", ""), HasSubstr("it knows 's'"));
  // Another name that gives the same schema.
  EXPECT_EQ(ForgetAsJson({"--name", "S"}, 1)["error"]["reason"], "DESTINATION_SCHEMA_TAKEN");
  EXPECT_EQ(RowsRead(Run(Both())), 1);
  EXPECT_EQ(Forget({"--name", "s"}).status, 0);
  const CommandResult again = Forget({"--name", "s"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("INTEGRATION_NOT_FOUND"), HasSubstr("it knows none")));
  EXPECT_EQ(Forget({}).status, 2);
}

TEST_F(ForgetTest, OtherIntegrationsAreLeftAlone) {
  Run(Job());
  v1::Integration other = Job();
  other.set_name("other");
  Run(other);
  EXPECT_EQ(Forget({"--name", "s", "--drop-tables"}).status, 0);
  EXPECT_EQ(RowsRead(Run(other)), 1);
}

TEST_F(ForgetTest, AJobThatRunsEndsAndSaysWhy) {
  Run(Job());
  v1::RunOnceRequest request;
  *request.mutable_integration() = Both();
  request.mutable_integration()->set_reset(1);
  request.set_max_parallel_streams(1);
  Rendezvous durable;
  Stack stack({.extractor = "extractor.chunk.acknowledged=" + durable.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJobAt(stack.scheduler.address(), request); });
  durable.AwaitArrival();
  EXPECT_EQ(LoadTables(), 1);
  const auto forgotten = ForgetAsJson({"--name", "s", "--drop-tables"});
  ASSERT_EQ(forgotten["ended_runs"].size(), 1u);
  durable.Release();
  running.join();

  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_FAILED);
  const v1::StreamRun run = outcome.stream("public.t");
  EXPECT_EQ(forgotten["ended_runs"][0], run.run_id());
  EXPECT_EQ(run.error().reason(), "DESTINATION_STATE_MISSING");
  EXPECT_THAT(run.error().message(), HasSubstr("forgotten"));
  EXPECT_EQ(run.attempts(), 1u);
  EXPECT_THAT(outcome.log, Not(Says("left behind")));
  // What had not begun does not make the integration anew.
  const v1::StreamRun queued = outcome.stream("public.u");
  EXPECT_EQ(queued.error().reason(), "DESTINATION_STATE_MISSING");
  EXPECT_THAT(queued.error().message(), HasSubstr("was forgotten"));
  EXPECT_THAT(queued.error().remedy(), HasSubstr("begins as a new one"));
  EXPECT_EQ(StateRows(), 0);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_THAT(Tables(), IsEmpty());
}

TEST_F(ForgetTest, BetweenItsStepsRunsAreSupersededAndTheRestIsDoneByTheNext) {
  Run(Both());
  Rendezvous durable;
  Stack stack({.loader = "loader.integration.fenced=kill",
               .extractor = "extractor.chunk.acknowledged=" + durable.action()});
  JobOutcome outcome;
  v1::Integration job = Job();
  job.set_reset(1);
  std::thread running([&] { outcome = RunJob(stack, job); });
  durable.AwaitArrival();
  const CommandResult killed =
      Forget({"--name", "s", "--drop-tables", "--server", stack.scheduler.address()});
  EXPECT_EQ(killed.status, 1);
  EXPECT_EQ(stack.loader.process().Wait(), kKilled);
  EXPECT_THAT(Tables(), ElementsAre("t", "u"));
  stack.loader.Restart();
  durable.Release();
  running.join();
  const v1::StreamRun run = outcome.stream("public.t");
  EXPECT_EQ(run.error().reason(), "SUPERSEDED");
  EXPECT_THAT(run.error().message(), HasSubstr("the integration s was forgotten"));

  EXPECT_EQ(Forget({"--name", "s", "--drop-tables", "--server", stack.scheduler.address()}).status,
            0);
  EXPECT_EQ(StateRows(), 0);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_THAT(Tables(), IsEmpty());
}

}  // namespace
}  // namespace lockstitch::tests

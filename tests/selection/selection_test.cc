#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rpc/channel.h"
#include "services/scheduler/scheduler_client.h"
#include "tests/selection/shop_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SelectionTest : public ShopTest {
 protected:
  std::vector<std::string> LoadedColumns(const std::string& table) {
    return destination_->List("SELECT attname::text FROM pg_attribute WHERE attrelid = 'shop." +
                              table +
                              "'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT "
                              "LIKE '\\_sdc%' ORDER BY attnum");
  }
  std::vector<std::string> Problems(const v1::Integration& integration) {
    const scheduler::SchedulerClient client(rpc::Connect(stack_.scheduler.address()), "scheduler");
    const auto answer = client.ValidateIntegration(integration);
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::vector<std::string> problems;
    for (const v1::Problem& problem : answer->problems())
      problems.push_back(problem.stream() + " " + problem.reason());
    return problems;
  }
};

v1::StreamSettings& Add(v1::Integration& integration, const std::string& stream) {
  v1::StreamSettings* settings = integration.add_streams();
  settings->set_stream(stream);
  return *settings;
}

TEST_F(SelectionTest, ColumnsAndRowsAreThoseChosen) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, a int, b text, \"C c\" int);"
      "INSERT INTO t SELECT n, n % 3, 'b' || n, n FROM generate_series(1, 300) n;"
      "CREATE TABLE u (LIKE t INCLUDING ALL); INSERT INTO u SELECT * FROM t");
  v1::Integration integration = Integration();
  v1::StreamSettings& t = Add(integration, "t");
  t.add_include_columns("C c");
  t.set_filter("a = 1 AND \"C c\" > 10 -- of three");
  t.set_ranges(2);
  v1::StreamSettings& u = Add(integration, "u");
  u.add_exclude_columns("id");
  u.add_exclude_columns("b");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedColumns("t"), ElementsAre("id", "C c"));
  EXPECT_EQ(destination_->Text("SELECT sum(id)::text FROM shop.t"),
            source_->Text("SELECT sum(id)::text FROM t WHERE a = 1 AND \"C c\" > 10"));
  EXPECT_THAT(LoadedColumns("u"), ElementsAre("id", "a", "C c"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.u"), 300);
}

TEST_F(SelectionTest, ViewsGetTheKeyThatTheirSettingsName) {
  source_->Run(
      "CREATE VIEW v AS SELECT n AS id, n % 5 AS part FROM generate_series(1, 20) n;"
      "CREATE MATERIALIZED VIEW m AS SELECT * FROM v");
  v1::Integration integration = Integration();
  for (const char* name : {"v", "m"}) {
    v1::StreamSettings& stream = Add(integration, name);
    stream.add_key_columns("part");
    stream.add_key_columns("id");
  }
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(destination_->List("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE "
                                 "connamespace = 'shop'::regnamespace AND contype = 'p'"),
              ElementsAre("PRIMARY KEY (part, id)", "PRIMARY KEY (part, id)"));
  integration.mutable_streams(0)->clear_key_columns();
  integration.mutable_streams(0)->add_key_columns("part");
  EXPECT_EQ(RunJob(stack_, integration).stream("public.v").error().reason(), "KEY_NOT_UNIQUE");
  source_->Run(
      "CREATE OR REPLACE VIEW v AS SELECT nullif(n, 7) AS id, n AS part FROM "
      "generate_series(1, 20) n");
  integration.mutable_streams(0)->set_key_columns(0, "id");
  EXPECT_EQ(RunJob(stack_, integration).stream("public.v").error().reason(), "KEY_HAS_NULL");
}

TEST_F(SelectionTest, PatternsSelect) {
  source_->Run(
      "CREATE TABLE a (i int); CREATE TABLE audit_a (i int); CREATE VIEW v AS SELECT 1 AS i;"
      "CREATE SCHEMA other; CREATE TABLE other.b (i int)");
  v1::Integration integration = Integration();
  integration.mutable_selection()->add_patterns("*.*");
  integration.mutable_selection()->add_patterns("!*.audit_*");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedTables(), ElementsAre("a", "b"));
  integration.mutable_selection()->set_views(true);
  v1::StreamSettings& b = Add(integration, "other.b");
  b.set_selected(false);
  destination_->Run("DROP TABLE shop.b");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedTables(), ElementsAre("a", "v"));
}

TEST_F(SelectionTest, NewColumnsReplicateUnlessToldOtherwise) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t VALUES (1, 2, 3)");
  v1::Integration integration = Integration();
  v1::StreamSettings& t = Add(integration, "t");
  t.add_exclude_columns("b");
  integration.mutable_selection()->set_new_columns(v1::NEW_POLICY_IGNORE);
  ExpectSucceeded(RunJob(stack_, integration));
  source_->Run("ALTER TABLE t ADD c int DEFAULT 7");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedColumns("t"), ElementsAre("id", "a"));
  // b was there before, so that it isn't new; c still is.
  integration.mutable_streams(0)->clear_exclude_columns();
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedColumns("t"), ElementsAre("id", "a", "b"));
  integration.mutable_streams(0)->add_include_columns("c");
  ExpectSucceeded(RunJob(stack_, integration));
  // The destination keeps what it had.
  EXPECT_THAT(LoadedColumns("t"), ElementsAre("id", "c", "a", "b"));
  integration.mutable_streams(0)->clear_include_columns();
  integration.mutable_selection()->clear_new_columns();
  source_->Run("ALTER TABLE t ADD d int");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedColumns("t"), ElementsAre("id", "a", "b", "c", "d"));
}

TEST_F(SelectionTest, NewTablesReplicateUnlessToldOtherwise) {
  source_->Run("CREATE TABLE a (i int); CREATE TABLE b (i int)");
  v1::Integration integration = Integration();
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  ExpectSucceeded(RunJob(stack_, integration));
  source_->Run("CREATE TABLE c (i int); CREATE TABLE d (i int)");
  const JobOutcome outcome = RunJob(stack_, integration);
  ExpectSucceeded(outcome);
  EXPECT_EQ(outcome.streams.size(), 2u);
  EXPECT_THAT(LoadedTables(), ElementsAre("a", "b"));
  integration.mutable_selection()->add_patterns("*.*");
  Add(integration, "d");
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedTables(), ElementsAre("a", "b", "d"));
}

TEST_F(SelectionTest, EveryTableCanBeNew) {
  source_->Run("CREATE TABLE a (i int)");
  v1::Integration integration = Integration();
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  ExpectSucceeded(RunJob(stack_, integration));
  source_->Run("ALTER TABLE a RENAME TO b");
  destination_->Run("DROP TABLE shop.a");
  EXPECT_THAT(RunJob(stack_, integration).streams, IsEmpty());
  EXPECT_THAT(LoadedTables(), IsEmpty());
}

// A pattern goes on to mean the tables that it found.
TEST_F(SelectionTest, TablesThatPatternsFindNoMoreAreMissed) {
  source_->Run(
      "CREATE TABLE p1 (id int PRIMARY KEY); CREATE TABLE p2 (id int PRIMARY KEY); CREATE TABLE p3 "
      "(id int PRIMARY KEY); CREATE TABLE other (id int)");
  v1::Integration integration = Integration();
  integration.mutable_selection()->add_patterns("public.p*");
  for (const auto& job : {integration, Integration()}) {
    ExpectSucceeded(RunJob(stack_, job));
    EXPECT_THAT(Problems(job), IsEmpty());
  }
  source_->Run(
      "DROP TABLE p1, other; ALTER TABLE p2 RENAME TO p22; ALTER TABLE p3 RENAME TO q; CREATE VIEW "
      "p3 AS SELECT * FROM q");
  EXPECT_THAT(Problems(integration),
              UnorderedElementsAre("public.p1 STREAM_NOT_FOUND", "public.p2 STREAM_NOT_FOUND",
                                   "public.p3 STREAM_NOT_FOUND"));
  EXPECT_THAT(Problems(Integration()), Contains("public.other STREAM_NOT_FOUND"));
  const JobOutcome outcome = RunJob(stack_, integration);
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(outcome.streams.size(), 4u);
  EXPECT_EQ(outcome.stream("public.p22").state(), v1::STREAM_RUN_STATE_SUCCEEDED);
  for (const char* name : {"p1", "p2", "p3"}) {
    EXPECT_EQ(outcome.stream(std::string("public.") + name).error().reason(), "STREAM_NOT_FOUND");
  }
  EXPECT_THAT(outcome.log, Contains(HasSubstr("add the pattern !public.p1")));
  EXPECT_THAT(outcome.log, Contains(HasSubstr("public.p3 was loaded before, and it is a view")));
  EXPECT_THAT(LoadedTables(), ElementsAre("other", "p1", "p2", "p22", "p3"));

  // Each remedy of them.
  integration.mutable_selection()->add_patterns("!public.p1");
  destination_->Run("DROP TABLE shop.p2");
  Add(integration, "p3");
  EXPECT_THAT(Problems(integration), IsEmpty());
  ExpectSucceeded(RunJob(stack_, integration));
  integration = Integration();
  integration.mutable_selection()->add_patterns("public.p*");
  source_->Run(
      "CREATE TABLE p1 (id int PRIMARY KEY); DROP VIEW p3; CREATE TABLE p3 (id int PRIMARY KEY)");
  ExpectSucceeded(RunJob(stack_, integration));
}

TEST_F(SelectionTest, AFilterThatIsMoreThanAConditionNeverReachesTheSource) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
  const std::string trace = SourceCluster().socket_folder() + "/data/trace";
  const std::string filter = "true)) to program 'touch " + trace + "' --";
  v1::Integration integration = Integration();
  Add(integration, "t").set_filter(filter);
  const JobOutcome outcome = RunJob(stack_, integration);
  EXPECT_EQ(outcome.stream("public.t").error().reason(), "FILTER_INVALID");
  EXPECT_FALSE(std::filesystem::exists(trace));
  // It works where nobody parses it.
  source_->Run("COPY (SELECT FROM t WHERE (" + filter + ")) TO STDOUT");
  EXPECT_TRUE(std::filesystem::exists(trace));
}

TEST_F(SelectionTest, AFilterThatFailsOnARowSaysSo) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v text);"
      "INSERT INTO t VALUES (10, '1'), (20, '2'), (30, 'three')");
  v1::Integration integration = Integration();
  Add(integration, "t").set_filter("v::int > 0");
  const v1::Error error = RunJob(stack_, integration).stream("public.t").error();
  EXPECT_EQ(error.reason(), "SOURCE_VALUE_INVALID");
  EXPECT_THAT(error.message(), HasSubstr("three"));
}

TEST_F(SelectionTest, WhatThePreviewShowsIsWhatRuns) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2)");
  v1::Integration integration = Integration();
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  integration.mutable_selection()->set_new_columns(v1::NEW_POLICY_IGNORE);
  ExpectSucceeded(RunJob(stack_, integration));
  source_->Run("ALTER TABLE t ADD _sdc_b int; CREATE SCHEMA s; CREATE TABLE s.t (i int)");
  const scheduler::SchedulerClient client(rpc::Connect(stack_.scheduler.address()), "scheduler");
  const auto answer = client.ValidateIntegration(integration);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->problems(), IsEmpty());
  ASSERT_EQ(answer->streams_size(), 1);
  EXPECT_THAT(answer->streams(0).columns(), ElementsAre("id", "a"));
  EXPECT_THAT(answer->streams(0).notes(), ElementsAre(HasSubstr("_sdc_b is new")));
  EXPECT_THAT(answer->notes(), ElementsAre(HasSubstr("s.t is new and left out")));
  const JobOutcome outcome = RunJob(stack_, integration);
  ExpectSucceeded(outcome);
  EXPECT_EQ(outcome.streams.size(), 1u);
  EXPECT_THAT(LoadedColumns("t"), ElementsAre("id", "a"));
}

TEST_F(SelectionTest, NamesThatTheDestinationHasGivenAwayAreFoundBeforeALoad) {
  source_->Run(
      "CREATE TABLE a (i int); CREATE TABLE b (i int); CREATE TABLE c (i int); CREATE TABLE d (i "
      "int)");
  destination_->Run(
      "CREATE SCHEMA shop; CREATE TABLE shop.a (i int); CREATE VIEW shop.b AS SELECT 1; CREATE "
      "TYPE shop.c AS ENUM ()");
  EXPECT_THAT(Problems(Integration()), UnorderedElementsAre("public.a DESTINATION_TABLE_NOT_OURS",
                                                            "public.b DESTINATION_TABLE_NOT_OURS",
                                                            "public.c DESTINATION_TABLE_NOT_OURS"));
  EXPECT_EQ(RunJob(stack_, Integration()).stream("public.d").state(),
            v1::STREAM_RUN_STATE_SUCCEEDED);
  EXPECT_EQ(Problems(Integration()).size(), 3u);
}

TEST_F(SelectionTest, OneValidationFindsEveryProblem) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, note xml); CREATE VIEW v AS SELECT 1 AS i;"
      "CREATE SCHEMA other; CREATE TABLE other.t (i int); CREATE TABLE fine (i int)");
  v1::Integration integration = Integration();
  v1::StreamSettings& t = Add(integration, "t");
  t.add_include_columns("nope");
  t.set_filter("1 = 1; DROP TABLE t");
  t.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  t.set_replication_key("note");
  v1::StreamSettings& v = Add(integration, "v");
  v.set_method(v1::REPLICATION_METHOD_LOG_BASED);
  v.add_key_columns("missing");
  Add(integration, "gone");
  Add(integration, "other.t");
  Add(integration, "fine");
  EXPECT_THAT(
      Problems(integration),
      UnorderedElementsAre("public.t REPLICATION_KEY_UNFIT", "public.t COLUMN_NOT_FOUND",
                           "public.t FILTER_INVALID", "public.t DESTINATION_NAME_COLLISION",
                           "other.t DESTINATION_NAME_COLLISION", "public.v METHOD_NOT_AVAILABLE",
                           "public.v COLUMN_NOT_FOUND", "public.gone STREAM_NOT_FOUND"));
  EXPECT_THAT(Problems(v1::Integration()), Contains(HasSubstr("INTEGRATION_INVALID")));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_namespace WHERE nspname = '_lockstitch'"),
            0);
}

TEST_F(SelectionTest, ValidationTellsWhatWouldRun) {
  source_->Run(
      "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;"
      "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE TABLE u (h hstore, c citext[])");
  v1::Integration integration = Integration();
  Add(integration, "t").add_exclude_columns("a");
  const scheduler::SchedulerClient client(rpc::Connect(stack_.scheduler.address()), "scheduler");
  const auto answer = client.ValidateIntegration(integration);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->problems(), IsEmpty());
  ASSERT_EQ(answer->streams_size(), 1);
  EXPECT_EQ(answer->streams(0).stream(), "public.t");
  EXPECT_EQ(answer->streams(0).destination_table(), "shop.t");
  EXPECT_EQ(answer->streams(0).method(), v1::REPLICATION_METHOD_FULL_TABLE);
  EXPECT_THAT(answer->streams(0).columns(), ElementsAre("id", "b"));
  EXPECT_THAT(answer->extensions(), ElementsAre("citext", "hstore"));
}

TEST_F(SelectionTest, AJobOpensNoMoreConnectionsThanItMay) {
  for (const char* table : {"a", "b", "c"}) {
    source_->Run(std::string("CREATE TABLE ") + table +
                 " AS SELECT generate_series(1, 50000) AS i");
  }
  source_->Run("ANALYZE; CREATE ROLE limited LOGIN SUPERUSER PASSWORD 'correct-horse'");
  v1::Integration integration = Integration();
  for (const char* table : {"a", "b", "c"}) Add(integration, table).set_ranges(3);
  integration.mutable_source()->mutable_postgres()->set_max_connections(2);
  source_->Run("ALTER DATABASE " + source_->Text("SELECT current_database()") +
               " CONNECTION LIMIT 3");  // The test's own is one of them.
  integration.mutable_source()->mutable_postgres()->set_user("limited");
  source_->Run(
      "ALTER ROLE limited NOSUPERUSER; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "
      "limited");
  ExpectSucceeded(RunJob(stack_, integration));
  source_->Run("REASSIGN OWNED BY limited TO lockstitch; DROP OWNED BY limited; DROP ROLE limited");
}

}  // namespace
}  // namespace lockstitch::tests

// Streams that replicate whole: every difference is found, and nothing but differences.

#include <stop_token>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Rendezvous;
using ::testing::SizeIs;

class VerifyFullTableTest : public ClustersTest {
 protected:
  v1::Integration Integration(const std::vector<std::string>& streams = {}) {
    return IntegrationOf("shop", source_url_, destination_url_, streams);
  }
  void Load(const v1::Integration& integration) {
    ASSERT_EQ(RunJob(stack_, integration).job.state(), v1::JOB_STATE_SUCCEEDED);
  }
  // A table of so many rows that every bucket has some.
  void MakeLargeTable() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t SELECT i, i % 7, 'b' || "
        "i FROM generate_series(1, 30000) i");
  }

  Stack stack_;
};

TEST_F(VerifyFullTableTest, TheSameRowsAreVerified) {
  MakeLargeTable();
  source_->Run("CREATE TABLE empty (id int PRIMARY KEY); CREATE TABLE \"Odd! t\" (\"K k\" text)");
  Load(Integration());
  const Verification verification = Verify(stack_, Integration());
  EXPECT_TRUE(verification.IsVerified());
  EXPECT_THAT(verification.streams, SizeIs(3));
  const v1::StreamVerification stream = verification.stream("public.t");
  EXPECT_EQ(stream.source_rows(), 30000);
  EXPECT_EQ(stream.destination_rows(), 30000);
  EXPECT_EQ(stream.destination_table(), "shop.t");
  EXPECT_EQ(stream.different(), 0);
}

TEST_F(VerifyFullTableTest, AChangedValueIsFoundWithItsKeyAndColumn) {
  MakeLargeTable();
  Load(Integration());
  destination_->Run("UPDATE shop.t SET b = 'x' WHERE id = 12345");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_EQ(verification.stream("public.t").outcome(), v1::VERIFICATION_OUTCOME_DIFFERENT);
  EXPECT_EQ(verification.stream("public.t").different(), 1);
  EXPECT_THAT(verification.Differences("public.t"), ElementsAre("changed id=12345: b"));
}

TEST_F(VerifyFullTableTest, ValuesAreToldIfWanted) {
  MakeLargeTable();
  Load(Integration());
  destination_->Run("UPDATE shop.t SET b = NULL, a = 9 WHERE id = 7");
  v1::VerifyRequest request;
  *request.mutable_integration() = Integration();
  request.set_show_values(true);
  EXPECT_THAT(Verify(stack_, request).Differences("public.t"),
              ElementsAre("changed id=7: a 0 -> 9, b b7 -> NULL"));
}

TEST_F(VerifyFullTableTest, NullIsNotAnEmptyText) {
  MakeLargeTable();
  source_->Run("UPDATE t SET b = NULL WHERE id = 5");
  Load(Integration());
  destination_->Run("UPDATE shop.t SET b = '' WHERE id = 5");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed id=5: b"));
}

TEST_F(VerifyFullTableTest, MissingAndExtraRowsAreFound) {
  MakeLargeTable();
  Load(Integration());
  destination_->Run(
      "DELETE FROM shop.t WHERE id IN (1, 30000);"
      "INSERT INTO shop.t (id, a, b, _sdc_received_at, _sdc_batched_at, _sdc_sequence, "
      "_sdc_table_version) VALUES (-1, 1, 'x', now(), now(), 1, 1)");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_EQ(verification.stream("public.t").different(), 3);
  EXPECT_THAT(verification.Differences("public.t"),
              ElementsAre("extra id=-1", "missing id=1", "missing id=30000"));
}

TEST_F(VerifyFullTableTest, RowsThatHaveSwappedTheirValuesAreFound) {
  MakeLargeTable();
  Load(Integration());
  destination_->Run(
      "UPDATE shop.t SET a = other.a, b = other.b FROM (SELECT * FROM shop.t) other "
      "WHERE (t.id, other.id) IN ((3, 4), (4, 3))");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed id=3: a, b", "changed id=4: a, b"));
}

TEST_F(VerifyFullTableTest, OfManyDifferencesTheFirstAreTold) {
  MakeLargeTable();
  Load(Integration());
  destination_->Run("UPDATE shop.t SET a = a + 1");
  v1::VerifyRequest request;
  *request.mutable_integration() = Integration();
  request.set_max_differences(3);
  const Verification verification = Verify(stack_, request);
  EXPECT_EQ(verification.stream("public.t").different(), 30000);
  EXPECT_FALSE(verification.stream("public.t").more_differ());
  EXPECT_THAT(verification.Differences("public.t"), SizeIs(3));
}

TEST_F(VerifyFullTableTest, KeysOfSeveralColumnsInAnyOrder) {
  source_->Run(
      "CREATE TABLE t (v int, \"b B\" text, a uuid, PRIMARY KEY (a, \"b B\"));"
      "INSERT INTO t SELECT i, 'it''s ' || i, md5((i / 2)::text)::uuid FROM generate_series(1, "
      "100) "
      "i");
  Load(Integration());
  destination_->Run("UPDATE shop.t SET v = 0 WHERE v = 10");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed a=e4da3b7f-bbce-2345-d777-2b0674a318d5, b B=it's 10: v"));
}

TEST_F(VerifyFullTableTest, WithoutAKeyEachRowCounts) {
  source_->Run(
      "CREATE TABLE t (a int, b text); INSERT INTO t SELECT i % 10, 'x' FROM generate_series(1, "
      "100) i");
  Load(Integration());
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
  // Sums of checksums alone would see two pairs of equal rows as none.
  destination_->Run(
      "DELETE FROM shop.t WHERE ctid IN (SELECT ctid FROM shop.t WHERE a = 3 LIMIT 2)");
  destination_->Run("INSERT INTO shop.t SELECT * FROM shop.t WHERE a = 4 LIMIT 1");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_EQ(verification.stream("public.t").different(), 3);
  EXPECT_THAT(verification.Differences("public.t"),
              ::testing::UnorderedElementsAre("missing", "missing", "extra"));
}

TEST_F(VerifyFullTableTest, ColumnsThatAreNotSelectedDontCount) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, a int, secret text); INSERT INTO t SELECT i, i, 's' "
      "FROM "
      "generate_series(1, 100) i");
  v1::Integration integration = Integration({"public.t"});
  integration.mutable_streams(0)->add_exclude_columns("secret");
  Load(integration);
  source_->Run("UPDATE t SET secret = 'other'");
  // The load's selection counts, whatever is selected by now.
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
  source_->Run("UPDATE t SET a = 0 WHERE id = 9");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed id=9: a"));
}

TEST_F(VerifyFullTableTest, RowsThatTheFilterLeavesOutDontCount) {
  MakeLargeTable();
  v1::Integration integration = Integration({"public.t"});
  integration.mutable_streams(0)->set_filter("a = 3");
  Load(integration);
  // The load's filter counts, whatever is asked for by now.
  const Verification verification = Verify(stack_, Integration());
  EXPECT_TRUE(verification.IsVerified());
  EXPECT_EQ(verification.stream("public.t").source_rows(), 4286);
  source_->Run("UPDATE t SET a = 4 WHERE id = 10");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"), ElementsAre("extra id=10"));
}

TEST_F(VerifyFullTableTest, AJobCanVerifyWhatItLoads) {
  MakeLargeTable();
  source_->Run(
      "CREATE TABLE u (id int PRIMARY KEY, a int[]); INSERT INTO u VALUES (1, '{1,NULL}')");
  source_->Run("UPDATE u SET a[2] = 5");
  const JobOutcome outcome = RunVerifiedJob(stack_, Integration());
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  for (const char* stream : {"public.t", "public.u"}) {
    EXPECT_EQ(outcome.stream(stream).verification().outcome(), v1::VERIFICATION_OUTCOME_VERIFIED)
        << stream;
  }
  EXPECT_EQ(outcome.stream("public.t").verification().destination_rows(), 30000);
}

TEST_F(VerifyFullTableTest, SystemColumnsDontCount) {
  MakeLargeTable();
  Load(Integration());
  destination_->Run("UPDATE shop.t SET _sdc_sequence = 1, _sdc_batched_at = now()");
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
}

TEST_F(VerifyFullTableTest, AColumnThatWasRetypedIsComparedByItsValues) {
  source_->Run(
      "CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
      "CREATE TABLE t (id positive PRIMARY KEY, retyped int, modified numeric(8, 2), i interval);"
      "INSERT INTO t SELECT n, n, n, n * interval '1 s' FROM generate_series(1, 100) n");
  Load(Integration());
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
  source_->Run(
      "ALTER TABLE t ALTER id TYPE bigint, ALTER retyped TYPE bigint,"
      "  ALTER modified TYPE numeric(9, 2)");
  destination_->Run("ALTER TABLE shop.t ALTER retyped TYPE smallint");
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
  destination_->Run("UPDATE shop.t SET retyped = 0 WHERE id = 4");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed id=4: retyped"));
}

TEST_F(VerifyFullTableTest, ArraysAreTheSameByTheirElements) {
  for (testing::Database* database : {source_.get(), destination_.get()}) {
    // Types get other numbers at each end.
    if (database == destination_.get()) database->Run("CREATE TYPE filler AS (a int)");
    database->Run("CREATE EXTENSION hstore");
  }
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, i int[], h hstore[]);"
      "INSERT INTO t SELECT n, ARRAY[n, NULL], ARRAY['a=>1'::hstore] FROM generate_series(1, 10) n;"
      // Leaves the place for NULLs in the array behind.
      "UPDATE t SET i[2] = 5");
  Load(Integration());
  ASSERT_NE(source_->Text("SELECT array_send(h) FROM t LIMIT 1"),
            destination_->Text("SELECT array_send(h) FROM shop.t LIMIT 1"));
  ASSERT_NE(source_->Text("SELECT array_send(i) FROM t WHERE id = 1"),
            destination_->Text("SELECT array_send(i) FROM shop.t WHERE id = 1"));
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
  destination_->Run("UPDATE shop.t SET i[2] = 6 WHERE id = 4");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed id=4: i"));
}

TEST_F(VerifyFullTableTest, ViewsAndPartitionsAreReadWhole) {
  source_->Run(
      "CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (50);"
      "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (50) TO (101);"
      "INSERT INTO p SELECT i, 'v' FROM generate_series(1, 100) i;"
      "CREATE VIEW w AS SELECT id, v || id AS v FROM p");
  const v1::Integration integration = Integration({"public.p", "public.w"});
  Load(integration);
  EXPECT_TRUE(Verify(stack_, integration).IsVerified());
  source_->Run("UPDATE p SET v = 'x' WHERE id = 70");
  const Verification verification = Verify(stack_, integration);
  EXPECT_THAT(verification.Differences("public.p"), ElementsAre("changed id=70: v"));
  EXPECT_THAT(verification.Differences("public.w"), ElementsAre("extra", "missing"));
}

TEST_F(VerifyFullTableTest, WhatIsSelectedAndNotLoadedFails) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)");
  EXPECT_EQ(ReasonOf(Verify(stack_, Integration()).status), Reason::kStreamNotLoaded);
  Load(Integration({"public.t"}));
  // Without a selection, what the destination holds.
  EXPECT_TRUE(Verify(stack_, Integration()).IsVerified());
  const Verification verification =
      Verify(stack_, Integration({"public.t", "public.u", "public.gone"}));
  EXPECT_EQ(verification.stream("public.t").outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(verification.Reason("public.u"), "STREAM_NOT_LOADED");
  EXPECT_EQ(verification.Reason("public.gone"), "STREAM_NOT_FOUND");
}

TEST_F(VerifyFullTableTest, FailuresOfEitherEndAreToldByTheirReason) {
  source_->Run(
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, v int);"
      "CREATE TABLE c (id int PRIMARY KEY)");
  Load(Integration());
  source_->Run("DROP TABLE a; ALTER TABLE b DROP COLUMN v");
  destination_->Run("DROP TABLE shop.c");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_TRUE(verification.status.ok());
  EXPECT_EQ(verification.Reason("public.a"), "STREAM_NOT_FOUND");
  EXPECT_EQ(verification.Reason("public.b"), "SOURCE_TABLE_CHANGED");
  EXPECT_EQ(verification.stream("public.c").outcome(), v1::VERIFICATION_OUTCOME_FAILED);
  EXPECT_NE(verification.Reason("public.c"), "INTERNAL_ERROR");
}

TEST_F(VerifyFullTableTest, AStopEndsTheReadingAtBothEnds) {
  MakeLargeTable();
  Load(Integration());
  testing::Database holder(destination_url_);
  holder.Run("BEGIN; LOCK TABLE shop.t IN ACCESS EXCLUSIVE MODE");
  v1::VerifyRequest request;
  *request.mutable_integration() = Integration();
  std::stop_source stop;
  Verification verification;
  std::thread verifying([&] { verification = Verify(stack_, request, stop.get_token()); });
  constexpr char kReading[] =
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND "
      "wait_event_type = 'Lock'";
  destination_->Await(kReading);
  stop.request_stop();
  verifying.join();
  EXPECT_EQ(ReasonOf(verification.status), Reason::kStopped);
  destination_->Await(std::string("SELECT NOT (") + kReading + ")");
}

TEST_F(VerifyFullTableTest, AJobWhoseTableALaterOneHasReplacedSaysSo) {
  source_->Run("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)");
  Rendezvous published;
  Stack earlier({.loader = "loader.finish.published=" + published.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunVerifiedJob(earlier, Integration()); });
  published.AwaitArrival();
  source_->Run("INSERT INTO t VALUES (2, 1)");
  ExpectSucceeded(RunVerifiedJob(stack_, Integration()));
  published.Release();
  running.join();
  const v1::StreamRun run = outcome.stream("public.t");
  EXPECT_EQ(run.error().reason(), "SUPERSEDED");
  EXPECT_EQ(run.verification().outcome(), v1::VERIFICATION_OUTCOME_FAILED);
  EXPECT_EQ(run.verification().different(), 0);
}

}  // namespace
}  // namespace lockstitch::tests

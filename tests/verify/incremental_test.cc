// Streams that replicate by a key: what is below the bound is compared, and what differs there is
// told apart.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class VerifyIncrementalTest : public ClustersTest {
 protected:
  v1::Integration Integration(const std::string& key = "version") {
    v1::Integration integration =
        IntegrationOf("shop", source_url_, destination_url_, {"public.t"});
    integration.mutable_streams(0)->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    integration.mutable_streams(0)->set_replication_key(key);
    return integration;
  }
  void Load() { ASSERT_EQ(RunJob(stack_, Integration()).job.state(), v1::JOB_STATE_SUCCEEDED); }
  // Twice, so that the second load has a lower bound: 1000, the greatest key.
  void MakeAndLoad(const std::string& columns = "id int PRIMARY KEY, v int, version int") {
    source_->Run("CREATE TABLE t (" + columns +
                 "); INSERT INTO t SELECT i, i % 7, i FROM generate_series(1, 1000) i;"
                 "INSERT INTO t VALUES (1001, 0, NULL)");
    Load();
    Load();
  }
  v1::StreamVerification Verified() { return Verify(stack_, Integration()).stream("public.t"); }

  Stack stack_;
};

TEST_F(VerifyIncrementalTest, RowsBelowTheLastLowerBoundAreCompared) {
  MakeAndLoad();
  const v1::StreamVerification verified = Verified();
  EXPECT_EQ(verified.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(verified.compared_below(), "1000");
  EXPECT_EQ(verified.source_rows(), 999);
  EXPECT_EQ(verified.destination_rows(), 999);
}

TEST_F(VerifyIncrementalTest, NewRowsAreNoDifference) {
  MakeAndLoad();
  source_->Run("INSERT INTO t VALUES (2000, 1, 2000), (2001, 1, NULL)");
  EXPECT_EQ(Verified().outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
}

TEST_F(VerifyIncrementalTest, WhatChangedOrWentSinceTheLoadIsCounted) {
  MakeAndLoad();
  source_->Run(
      "UPDATE t SET v = 100, version = 3000 + id WHERE id IN (5, 6);"
      "UPDATE t SET version = NULL WHERE id = 7;"
      "DELETE FROM t WHERE id BETWEEN 10 AND 13");
  const v1::StreamVerification verified = Verified();
  EXPECT_EQ(verified.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(verified.changed_since_load(), 3);
  EXPECT_EQ(verified.deleted_at_source(), 4);
  EXPECT_EQ(verified.different(), 0);
}

// Whatever the horizon is, the next load reads from the bookmark on.
TEST_F(VerifyIncrementalTest, WhatIsAtOrPastTheBookmarkIsTheNextLoadsToBring) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v int, version timestamptz);"
      "INSERT INTO t SELECT i, 0, timestamptz '2020-01-01' + i * interval '1 h' FROM "
      "generate_series(1, 100) i");
  Load();
  source_->Run(
      "INSERT INTO t SELECT 101, 0, max(version) + interval '1 s' FROM t;"
      "UPDATE t SET v = 1 WHERE id = 100; UPDATE t SET v = 1, version = now() WHERE id = 5");
  v1::StreamVerification verified = Verified();
  EXPECT_EQ(verified.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(verified.not_yet_loaded(), 1);
  EXPECT_EQ(verified.changed_since_load(), 2);
  Load();
  verified = Verified();
  EXPECT_EQ(verified.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(verified.source_rows(), 100);
  EXPECT_EQ(verified.not_yet_loaded() + verified.changed_since_load(), 0);
  // Below it nothing else brings a row, and none may be there twice anywhere.
  destination_->Run("DELETE FROM shop.t WHERE id = 50");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"), ElementsAre("missing id=50"));
}

TEST_F(VerifyIncrementalTest, WithoutABookmarkEveryRowIsTheNextLoadsToBring) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v int, version timestamptz);"
      "INSERT INTO t SELECT i, 0, 'infinity' FROM generate_series(1, 100) i");
  Load();
  EXPECT_EQ(Verified().source_rows(), 100);
  source_->Run("INSERT INTO t VALUES (101, 0, now()); UPDATE t SET v = 1 WHERE id = 7");
  const v1::StreamVerification verified = Verified();
  EXPECT_EQ(verified.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(verified.not_yet_loaded(), 1);
  EXPECT_EQ(verified.changed_since_load(), 1);
}

TEST_F(VerifyIncrementalTest, AResetThatHasNotBeenCarriedOutIsPending) {
  MakeAndLoad();
  v1::Integration failing = Integration();
  failing.mutable_streams(0)->set_filter("10 / v > 0");
  EXPECT_EQ(RunJob(stack_, failing, /*reset=*/true).job.state(), v1::JOB_STATE_FAILED);
  source_->Run("INSERT INTO t VALUES (2000, 1, 2000)");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_EQ(verification.Reason("public.t"), "STREAM_NOT_LOADED");
  EXPECT_THAT(verification.streams.at("public.t").error().message(),
              HasSubstr("the reset of public.t is pending"));
  Load();
  EXPECT_EQ(Verified().outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
}

TEST_F(VerifyIncrementalTest, WhatIsLostOrChangedAtTheDestinationIsDifferent) {
  MakeAndLoad();
  destination_->Run("DELETE FROM shop.t WHERE id = 20; UPDATE shop.t SET v = 99 WHERE id = 30");
  source_->Run("DELETE FROM t WHERE id = 40");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_EQ(verification.stream("public.t").outcome(), v1::VERIFICATION_OUTCOME_DIFFERENT);
  EXPECT_EQ(verification.stream("public.t").different(), 2);
  EXPECT_EQ(verification.stream("public.t").deleted_at_source(), 1);
  EXPECT_THAT(verification.Differences("public.t"),
              ElementsAre("missing id=20", "changed id=30: v"));
}

TEST_F(VerifyIncrementalTest, AnUpdateThatLeftTheKeyAloneIsDifferent) {
  MakeAndLoad();
  source_->Run("UPDATE t SET v = 100 WHERE id = 8");
  EXPECT_THAT(Verify(stack_, Integration()).Differences("public.t"),
              ElementsAre("changed id=8: v"));
}

TEST_F(VerifyIncrementalTest, WithoutAKeyRowsAreToldByTheirReplicationKey) {
  MakeAndLoad("id int, v int, version int");
  EXPECT_EQ(Verified().outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  source_->Run("DELETE FROM t WHERE id = 9");
  destination_->Run("DELETE FROM shop.t WHERE id = 21");
  // Doubled.
  destination_->Run("INSERT INTO shop.t SELECT * FROM shop.t WHERE id = 22");
  const Verification verification = Verify(stack_, Integration());
  EXPECT_EQ(verification.stream("public.t").deleted_at_source(), 1);
  EXPECT_EQ(verification.stream("public.t").different(), 2);
  EXPECT_THAT(verification.Differences("public.t"),
              ElementsAre("missing version=21", "extra version=22"));
}

TEST_F(VerifyIncrementalTest, OfAViewsRowsWithOneKeyTheGreatestIsCompared) {
  source_->Run(
      "CREATE TABLE versions (id int, v int, version int);"
      "INSERT INTO versions SELECT i % 100, i, i FROM generate_series(1, 1000) i;"
      "CREATE VIEW t AS SELECT * FROM versions");
  v1::Integration integration = Integration();
  integration.mutable_streams(0)->add_key_columns("id");
  v1::RunOnceRequest request;
  *request.mutable_integration() = integration;
  request.set_verify(true);
  for (int run = 1; run <= 2; ++run) {
    ExpectSucceeded(RunJobAt(stack_.scheduler.address(), request));
    source_->Run("INSERT INTO versions VALUES (7, 0, 2000)");
  }
  const v1::StreamVerification verified = Verify(stack_, integration).stream("public.t");
  EXPECT_EQ(verified.outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_GT(verified.destination_rows(), 90);
  destination_->Run("DELETE FROM shop.t WHERE id = 50");
  EXPECT_EQ(Verify(stack_, integration).stream("public.t").different(), 1);
}

TEST_F(VerifyIncrementalTest, AJobCanVerifyWhatItLoads) {
  MakeAndLoad();
  source_->Run("INSERT INTO t VALUES (2000, 1, 2000); DELETE FROM t WHERE id = 50");
  const v1::StreamRun run = RunVerifiedJob(stack_, Integration()).stream("public.t");
  EXPECT_EQ(run.state(), v1::STREAM_RUN_STATE_SUCCEEDED);
  EXPECT_EQ(run.verification().outcome(), v1::VERIFICATION_OUTCOME_VERIFIED);
  EXPECT_EQ(run.verification().deleted_at_source(), 1);
  destination_->Run("DELETE FROM shop.t WHERE id = 60");
  const v1::StreamRun lost = RunVerifiedJob(stack_, Integration()).stream("public.t");
  EXPECT_EQ(lost.state(), v1::STREAM_RUN_STATE_FAILED);
  EXPECT_EQ(lost.error().reason(), "VERIFY_DIFFERENT");
  EXPECT_EQ(lost.verification().different(), 1);
}

// Nothing of it is left to the next load.
TEST_F(VerifyIncrementalTest, AJobMissesARowPastTheBookmarkThatItHasRead) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v int, version timestamptz);"
      "INSERT INTO t SELECT i, 0, timestamptz '2020-01-01' + i * interval '1 h' FROM "
      "generate_series(1, 100) i");
  Load();
  destination_->Run(
      "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
      "CREATE TRIGGER lose BEFORE INSERT ON shop.t FOR EACH ROW WHEN (new.id = 101) EXECUTE "
      "FUNCTION lose()");
  source_->Run("INSERT INTO t SELECT 101, 0, max(version) + interval '1 s' FROM t");
  const v1::StreamRun run = RunVerifiedJob(stack_, Integration()).stream("public.t");
  EXPECT_EQ(run.error().reason(), "VERIFY_DIFFERENT");
  EXPECT_EQ(run.verification().different(), 1);
}

}  // namespace
}  // namespace lockstitch::tests

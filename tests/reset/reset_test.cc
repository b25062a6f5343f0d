// A reset as a number in the integration: once it is raised, the stream is loaded anew.

#include <string>
#include <thread>

#include "testing/database.h"
#include "testing/rendezvous.h"
#include "tests/incremental/first_load.h"

namespace lockstitch::tests {
namespace {

using ::testing::Not;
using testing::Rendezvous;

// Five ranges in all, of 1,005 rows.
class ResetTest : public FirstLoadTest {
 protected:
  ResetTest() { MakeTable(/*keyed=*/true); }

  v1::Integration Job(uint32_t reset) {
    v1::Integration job = FirstLoadTest::Job();
    Stream(job).set_reset(reset);
    return job;
  }

  // A change that no replication key shows.
  void ChangeUnseen() { source_->Run("UPDATE t SET v = v + 1 WHERE id = 7"); }

  int64_t TableVersion() {
    return destination_->Int("SELECT table_version FROM _lockstitch.streams");
  }
};

TEST_F(ResetTest, ARaisedNumberIsAppliedOnce) {
  Run(Job(0));
  ChangeUnseen();
  EXPECT_EQ(RowsRead(Run(Job(0))), 1);
  EXPECT_THAT(Rows(*destination_, "s.t"), Not(::testing::ElementsAreArray(Rows(*source_, "t"))));

  const JobOutcome anew = Run(Job(1));
  EXPECT_THAT(anew.log, Says("reads the whole table: the stream was reset"));
  EXPECT_EQ(RowsRead(anew), 1005);
  ExpectExact();
  EXPECT_EQ(TableVersion(), 2);

  for (const uint32_t same_or_less : {1, 0}) {
    const JobOutcome next = Run(Job(same_or_less));
    EXPECT_THAT(next.log, Not(Says("reset")));
    EXPECT_EQ(RowsRead(next), 1);
  }
  const JobOutcome again = Run(Job(1));
  EXPECT_THAT(again.log, Says("reset 1 comes to nothing, since 1 was applied already"));
  EXPECT_EQ(RowsRead(again), 1);
  EXPECT_THAT(Run(Job(1)).log, Not(Says("reset")));
  EXPECT_EQ(RowsRead(Run(Job(5))), 1005);
  EXPECT_EQ(RowsRead(Run(Job(5))), 1);
  EXPECT_THAT(Run(Job(3)).log, Says("reset 3 comes to nothing, since 5 was applied already"));
}

TEST_F(ResetTest, ReadersSeeTheOldTableUntilTheSwap) {
  Run(Job(0));
  ChangeUnseen();
  source_->Run("DELETE FROM t WHERE id = 9");
  Rendezvous finishing;
  Stack stack({.extractor = "extractor.finishing=" + finishing.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job(1)); });
  finishing.AwaitArrival();
  EXPECT_EQ(Bookmark(), "");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 1005);
  EXPECT_EQ(destination_->Int("SELECT v FROM s.t WHERE id = 7"), 1);
  finishing.Release();
  running.join();
  ExpectSucceeded(outcome);
  ExpectExact();
  EXPECT_NE(Bookmark(), "");
}

TEST_F(ResetTest, WhatWasKilledInTheMiddleGoesOn) {
  Run(Job(0));
  ChangeUnseen();
  RunKilled(Job(1));
  EXPECT_EQ(destination_->Int("SELECT v FROM s.t WHERE id = 7"), 1);
  const JobOutcome outcome = Run(Job(1));
  EXPECT_THAT(outcome.log, Says("goes on with the first load that an earlier run began: 1 of 5"));
  EXPECT_LT(RowsRead(outcome), 1005);
  ExpectExact();
  EXPECT_EQ(TableVersion(), 2);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_EQ(RowsRead(Run(Job(1))), 1);
}

TEST_F(ResetTest, WhatGoesOnTellsNothingTwiceAndHasThePresentSettings) {
  Run(Job(0));
  v1::Integration job = Job(0);
  Stream(job).set_filter("v > 0");
  RunKilled(job);
  Stream(job).set_ranges(77);
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(outcome.log, Says("goes on with the first load that an earlier run began"));
  EXPECT_EQ(outcome.stream("public.t").changes_size(), 0);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM _lockstitch.loads WHERE state = 'published' "
                              "AND position('\\x184d'::bytea IN plan) > 0"),
            1);
  ExpectExact();
}

TEST_F(ResetTest, RaisedOnceMoreInTheMiddleItBeginsAnewAgain) {
  Run(Job(0));
  RunKilled(Job(1));
  const JobOutcome outcome = Run(Job(2));
  EXPECT_THAT(outcome.log, Not(Says("goes on")));
  EXPECT_EQ(RowsRead(outcome), 1005);
  EXPECT_EQ(LoadTables(), 0);
  ExpectExact();
}

TEST_F(ResetTest, TwoRaisesAtOnceAreOneReset) {
  Run(Job(0));
  v1::Integration both = Job(1);
  both.set_reset(1);
  EXPECT_EQ(RowsRead(Run(both)), 1005);
  EXPECT_EQ(RowsRead(Run(both)), 1);
  EXPECT_EQ(TableVersion(), 2);
  EXPECT_EQ(destination_->Int("SELECT reset_generation FROM _lockstitch.streams"), 2);
}

TEST_F(ResetTest, OfOneStreamLeavesTheOthersAlone) {
  source_->Run("CREATE TABLE u (LIKE t INCLUDING ALL); INSERT INTO u SELECT * FROM t; ANALYZE u");
  const auto job = [&](uint32_t of_t, uint32_t of_all) {
    v1::Integration job = Job(of_t);
    *job.add_streams() = Stream(job);
    job.mutable_streams(1)->set_stream("u");
    job.mutable_streams(1)->clear_reset();
    job.set_reset(of_all);
    return job;
  };
  Run(job(0, 0));
  const JobOutcome one = Run(job(1, 0));
  EXPECT_EQ(RowsRead(one), 1005);
  EXPECT_EQ(one.stream("public.u").progress().rows_extracted(), 1);
  const JobOutcome all = Run(job(1, 1));
  EXPECT_EQ(RowsRead(all), 1005);
  EXPECT_EQ(all.stream("public.u").progress().rows_extracted(), 1005);
}

TEST_F(ResetTest, AcceptsAnotherSource) {
  for (const v1::ReplicationMethod method :
       {v1::REPLICATION_METHOD_INCREMENTAL, v1::REPLICATION_METHOD_FULL_TABLE}) {
    const bool incremental = method == v1::REPLICATION_METHOD_INCREMENTAL;
    const std::string name =
        "other_" + std::to_string(method) + "_" + std::to_string(source_->backend_pid());
    testing::MakeDatabase(SourceCluster().Url("postgres"), name);
    testing::Database other(SourceCluster().Url(name));
    other.Run(
        "CREATE TABLE t (id int PRIMARY KEY, k timestamptz, v int); INSERT INTO t VALUES (1, "
        "'2019-01-01', 5), (2, '2019-01-02', 6)");
    const auto job = [&](uint32_t reset, const std::string& url) {
      v1::Integration job = Job(reset);
      job.set_name("i" + std::to_string(method));
      Stream(job).set_method(method);
      if (!incremental) Stream(job).clear_replication_key();
      job.mutable_source()->mutable_postgres()->set_url(url);
      return job;
    };
    Run(job(3, source_url_));
    EXPECT_EQ(RunJob(SharedStack(), job(3, SourceCluster().Url(name)))
                  .stream("public.t")
                  .error()
                  .reason(),
              "SOURCE_CHANGED");
    const std::string table = "i" + std::to_string(method) + ".t";
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM " + table), 1005);
    EXPECT_EQ(RowsRead(Run(job(4, SourceCluster().Url(name)))), 2);
    EXPECT_EQ(Rows(other, "t"), Rows(*destination_, table));
    // It was accepted for good.
    EXPECT_EQ(RowsRead(Run(job(4, SourceCluster().Url(name)))), incremental ? 1 : 2);
    EXPECT_EQ(RunJob(SharedStack(), job(4, source_url_)).stream("public.t").error().reason(),
              "SOURCE_CHANGED");
  }
}

}  // namespace
}  // namespace lockstitch::tests

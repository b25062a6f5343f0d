// A bookmark that is set by hand: the stream goes on from there, once.

#include <string>
#include <vector>

#include "tests/incremental/first_load.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Of 1,000 rows a minute apart from 2020-01-01 00:01 on, and five without a key.
class SetBookmarkTest : public FirstLoadTest, public ::testing::WithParamInterface<bool> {
 protected:
  static std::string KeyOf(int id) {
    return "(timestamptz '2020-01-01 00:00+00' + " + std::to_string(id) + " * interval '1 min')";
  }
  std::string TextOf(int id) { return source_->Text("SELECT " + KeyOf(id) + "::text"); }

  v1::Integration Job(uint32_t reset, const std::string& bookmark) {
    v1::Integration job = FirstLoadTest::Job();
    Stream(job).set_reset(reset);
    if (reset > 0) Stream(job).set_set_bookmark(bookmark);
    return job;
  }
  // A change that no replication key shows.
  void ChangeUnseen() { source_->Run("UPDATE t SET v = v + 1 WHERE id IN (300, 700)"); }

  // The run must fail so, and change nothing.
  v1::Error ExpectUnfit(const v1::Integration& job) {
    const std::string before = State();
    const v1::StreamRun run = RunJob(SharedStack(), job).stream("public.t");
    EXPECT_EQ(run.error().reason(), "BOOKMARK_UNFIT") << run.ShortDebugString();
    EXPECT_EQ(run.attempts(), 1u);
    EXPECT_EQ(State(), before);
    return run.error();
  }
  std::string State() {
    return destination_->Text(
        "SELECT (bookmark, reset_generation, destination_oid, table_version)::text FROM "
        "_lockstitch.streams");
  }
};

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, SetBookmarkTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

TEST_P(SetBookmarkTest, BackRowsAreReadAgainAndNoneIsDoubled) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  ChangeUnseen();
  const JobOutcome back = Run(Job(1, TextOf(501)));
  EXPECT_THAT(back.log, Says("the bookmark is set from " + TextOf(1000) + " to " + TextOf(501)));
  EXPECT_THAT(back.log, Not(Says("reads the whole table")));
  EXPECT_EQ(RowsRead(back), 500);
  // As the source but for the row below the bookmark.
  ExpectExact("(SELECT id, k, CASE id WHEN 300 THEN 1 ELSE v END FROM t)");
  EXPECT_EQ(Bookmark(), TextOf(1000));
  EXPECT_EQ(destination_->Int("SELECT table_version FROM _lockstitch.streams"), 1);
}

TEST_P(SetBookmarkTest, ForthRowsInBetweenAreNeverRead) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  source_->Run("INSERT INTO t SELECT n, " + KeyOf(0) +
               " + n * interval '1 min', 2 FROM generate_series(1101, 1110) n");
  const JobOutcome forth = Run(Job(1, TextOf(1106)));
  EXPECT_EQ(RowsRead(forth), 5);
  ExpectExact("(SELECT * FROM t WHERE id NOT BETWEEN 1101 AND 1105)");
  EXPECT_EQ(Bookmark(), TextOf(1110));
}

TEST_P(SetBookmarkTest, ForthPastEveryRowItWaitsThere) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  const JobOutcome forth = Run(Job(1, "2021-01-01"));
  EXPECT_EQ(RowsRead(forth), 0);
  EXPECT_EQ(Bookmark(), "2021-01-01 00:00:00+00");
  source_->Run("INSERT INTO t VALUES (1201, '2020-12-31', 1), (1202, '2021-01-02', 1)");
  EXPECT_EQ(RowsRead(Run(Job(1, "2021-01-01"))), 1);
  ExpectExact("(SELECT * FROM t WHERE id <> 1201)");
}

TEST_P(SetBookmarkTest, IsAppliedOnce) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  EXPECT_EQ(RowsRead(Run(Job(1, TextOf(501)))), 500);
  for (int i = 0; i < 2; ++i) {
    const JobOutcome again = Run(Job(1, TextOf(501)));
    EXPECT_EQ(RowsRead(again), 1);
    EXPECT_THAT(again.log, Not(Says("the bookmark is set")));
  }
  EXPECT_EQ(RowsRead(Run(Job(2, TextOf(901)))), 100);
  // A raised number without one loads anew.
  v1::Integration reset = Job(3, "");
  Stream(reset).clear_set_bookmark();
  EXPECT_EQ(RowsRead(Run(reset)), 1005);
  ExpectExact();
}

TEST_P(SetBookmarkTest, ARunThatIsTriedAgainGoesOn) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  ChangeUnseen();
  // Killed once the first chunk of ten rows is durable; the same run goes on.
  Stack stack({.extractor = "extractor.chunk.acknowledged=kill"}, {"--chunk-rows=10"});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job(1, TextOf(501))); });
  EXPECT_EQ(stack.extractor.process().Wait(), kKilled);
  stack.extractor.Restart();
  running.join();
  ExpectSucceeded(outcome);
  EXPECT_GT(outcome.stream("public.t").attempts(), 1u);
  ExpectExact("(SELECT id, k, CASE id WHEN 300 THEN 1 ELSE v END FROM t)");
  EXPECT_EQ(Bookmark(), TextOf(1000));
}

TEST_P(SetBookmarkTest, WhatIsNoValueOfTheKeyChangesNothing) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  for (const char* value : {"yesterdayish", "17", "", "infinity", "2020-13-01"}) {
    const v1::Error error = ExpectUnfit(Job(1, value));
    EXPECT_THAT(error.message(), HasSubstr("can't be set to '" + std::string(value) + "'"));
    EXPECT_THAT(error.remedy(), HasSubstr("Give a value as the replication key has it"));
  }
  // Corrected, the same number does.
  EXPECT_EQ(RowsRead(Run(Job(1, "2020-01-01 08:21:00+00"))), 500);
}

TEST_P(SetBookmarkTest, AStreamThatWasNeverLoadedHasToBe) {
  MakeTable(GetParam());
  const v1::StreamRun run = RunJob(SharedStack(), Job(1, TextOf(501))).stream("public.t");
  EXPECT_EQ(run.error().reason(), "BOOKMARK_UNFIT");
  EXPECT_THAT(run.error().message(), HasSubstr("no load of it is through"));
  EXPECT_EQ(RowsRead(Run(Job(0, ""))), 1005);
  EXPECT_EQ(RowsRead(Run(Job(1, TextOf(501)))), 500);
}

TEST_P(SetBookmarkTest, AFirstLoadThatIsUnderWayComesFirst) {
  MakeTable(GetParam());
  RunKilled(Job(0, ""));
  ExpectUnfit(Job(1, TextOf(501)));
  // What was durable of it is not lost.
  const JobOutcome first = Run(Job(0, ""));
  EXPECT_THAT(first.log, Says("goes on with the first load that an earlier run began"));
  ExpectExact();
}

TEST_P(SetBookmarkTest, WhereTheTableHasToBeReadAnywayNothingIsSet) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  v1::Integration job = Job(1, TextOf(501));
  Stream(job).set_filter("v > 0");
  EXPECT_THAT(ExpectUnfit(job).message(), HasSubstr("the whole table has to be read: "));
}

TEST_P(SetBookmarkTest, AnotherSourceIsStillRefused) {
  MakeTable(GetParam());
  Run(Job(0, ""));
  const std::string name = "other_" + std::to_string(source_->backend_pid());
  testing::MakeDatabase(SourceCluster().Url("postgres"), name);
  testing::Database(SourceCluster().Url(name)).Run("CREATE TABLE t (id int, k timestamptz, v int)");
  v1::Integration job = Job(1, TextOf(501));
  job.mutable_source()->mutable_postgres()->set_url(SourceCluster().Url(name));
  EXPECT_EQ(RunJob(SharedStack(), job).stream("public.t").error().reason(), "SOURCE_CHANGED");
}

}  // namespace
}  // namespace lockstitch::tests

// Sources whose open transactions can't be told: what takes the horizon's place leaves nothing out.

#include <functional>
#include <string>
#include <thread>
#include <tuple>

#include "testing/rendezvous.h"
#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {
namespace {

using testing::Rendezvous;

class HorizonTest : public StreamTest {
 protected:
  void MakeTable(bool keyed, const std::string& type) {
    source_->Run("CREATE TABLE t (id int" + std::string(keyed ? " PRIMARY KEY" : "") + ", k " +
                 type + ", v text); CREATE INDEX ON t (k)");
  }
};

// Row 27 of the study in tests/model: by UTC's clock all keys of a writer behind it lie below the
// horizon, when it has committed too.
class ZonesTest : public HorizonTest,
                  public ::testing::WithParamInterface<std::tuple<bool, std::string>> {};

TEST_P(ZonesTest, ATransactionOfAWriterBehindUtcIsNotMissed) {
  const auto [keyed, time_zone] = GetParam();
  MakeTable(keyed, "timestamp");
  v1::Integration job = Job();
  Stream(job).set_time_zone(time_zone);
  testing::Database early(source_url_), late(source_url_), utc(source_url_);
  early.Run("SET timezone = 'Etc/GMT+12'");
  late.Run("SET timezone = 'Etc/GMT+12'");
  utc.Run("SET timezone = 'UTC'");
  early.Run("BEGIN; INSERT INTO t VALUES (0, localtimestamp, 'early')");
  for (int run = 1; run <= 2; ++run) {  // The first load, and changes.
    const std::string number = std::to_string(run);
    late.Run("INSERT INTO t VALUES (10 + " + number + ", localtimestamp, 'late')");
    utc.Run("INSERT INTO t VALUES (20 + " + number + ", localtimestamp, 'ahead')");
    Run(job);
    ExpectExact();
  }
  early.Run("COMMIT");
  Run(job);
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(All, ZonesTest,
                         ::testing::Combine(::testing::Bool(), ::testing::Values("", "Etc/GMT+12")),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) ? "WithKey" : "WithoutKey") +
                                  (std::get<1>(info.param).empty() ? "" : "OfAZone");
                         });

// What the horizon is read from changes while it is read: at an instant between two of its
// statements, or before the snapshot. Each order of these steps but the code's loses a row.
class ReadingOrderTest : public HorizonTest, public ::testing::WithParamInterface<bool> {
 protected:
  ReadingOrderTest() : early_(source_url_) {
    MakeTable(GetParam(), "timestamptz");
    source_->Run("INSERT INTO t VALUES (1, '2020-01-01', 'v')");
    Run(Job());
  }

  void BeginEarly() { early_.Run("BEGIN; INSERT INTO t VALUES (2, now(), 'early')"); }
  void CommitLate() { source_->Run("INSERT INTO t VALUES (3, now(), 'late')"); }

  // A run during which `meanwhile` is done at the instant. Whatever is read after it sees a clock
  // that is past everything, with the second's margin.
  void RunWhile(const std::string& instant, const std::function<void()>& meanwhile) {
    Rendezvous reading;
    Stack stack({.extractor = instant + "=" + reading.action()});
    JobOutcome outcome;
    std::thread running([&] { outcome = RunJob(stack, Job()); });
    reading.AwaitArrival();
    meanwhile();
    const std::string done = source_->Text("SELECT clock_timestamp()");
    source_->Await("SELECT clock_timestamp() > '" + done + "'::timestamptz + interval '2 s'");
    reading.Release();
    running.join();
    ExpectSucceeded(outcome);
  }
  // What the run has not seen comes with the next one.
  void ExpectNothingMissed() {
    Run(Job());
    ExpectExact();
  }

  testing::Database early_;
};

// Row 23 of the study in tests/model.
TEST_P(ReadingOrderTest, TheClockIsReadBeforeTheSessions) {
  RunWhile("extractor.horizon.clock", [&] {
    BeginEarly();
    CommitLate();
  });
  early_.Run("COMMIT");
  ExpectNothingMissed();
}

// Row 24.
TEST_P(ReadingOrderTest, TheSessionsAreReadBeforeTheSnapshotIsTaken) {
  BeginEarly();
  CommitLate();
  RunWhile("extractor.horizon.read", [&] { early_.Run("COMMIT"); });
  ExpectNothingMissed();
}

// Row 26.
TEST_P(ReadingOrderTest, PreparedTransactionsAreReadAfterTheSessions) {
  BeginEarly();
  CommitLate();
  RunWhile("extractor.horizon.sessions", [&] { early_.Run("PREPARE TRANSACTION 'early'"); });
  early_.Run("COMMIT PREPARED 'early'");
  ExpectNothingMissed();
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, ReadingOrderTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

// The source's cluster is the primary of the one that is read.
class StandbyTest : public HorizonTest, public ::testing::WithParamInterface<bool> {
 protected:
  StandbyTest()
      : standby_({.primary = &SourceCluster()}),
        standby_url_(standby_.Url(source_->Text("SELECT current_database()"))),
        reader_(standby_url_) {
    MakeTable(GetParam(), "timestamptz");
  }

  void AwaitReplay() {
    const std::string position = source_->Text("SELECT pg_current_wal_lsn()");
    reader_.Await("SELECT pg_last_wal_replay_lsn() >= '" + position + "'::pg_lsn");
  }
  v1::Integration OfStandby() {
    v1::Integration job = Job();
    job.mutable_source()->mutable_postgres()->set_url(standby_url_);
    return job;
  }
  JobOutcome RunOfStandby() {
    AwaitReplay();
    return Run(OfStandby());
  }

  testing::PostgresCluster standby_;
  const std::string standby_url_;
  testing::Database reader_;
};

TEST_P(StandbyTest, TransactionsOfItsPrimaryAreCoveredByTheLookback) {
  source_->Run(
      "INSERT INTO t SELECT n, now() - n * interval '1 h', 'v' FROM generate_series(0, 3) n");
  testing::Database early(source_url_);
  early.Run("BEGIN; INSERT INTO t VALUES (4, now(), 'early')");
  source_->Run("INSERT INTO t VALUES (5, now(), 'late')");
  for (int run = 1; run <= 2; ++run) {  // The first load, and changes.
    EXPECT_THAT(RunOfStandby().log,
                Says("the bookmark stays 5 minutes behind the source's clock: the source is a "
                     "standby"));
    ExpectExact();
    EXPECT_EQ(source_->Text("SELECT '" + Bookmark() +
                            "' BETWEEN now() - interval '1 h' AND now() "
                            "- interval '5 min'"),
              "t");
  }
  early.Run("UPDATE t SET k = now(), v = 'early' WHERE id = 5; COMMIT");
  source_->Run(
      "INSERT INTO t VALUES (6, now(), 'later'); UPDATE t SET k = now(), v = 'w' WHERE id = 0");
  EXPECT_EQ(RowsRead(RunOfStandby()), 4);
  ExpectExact();
}

TEST_P(StandbyTest, WhereItLagsBehindWhatWasReadItIsRefusedUntilItHasCaughtUp) {
  source_->Run("INSERT INTO t VALUES (1, now(), 'v')");
  RunOfStandby();
  reader_.Run("SELECT pg_wal_replay_pause()");
  reader_.Await("SELECT pg_is_wal_replay_paused()");
  source_->Run("INSERT INTO t VALUES (2, now(), 'v')");
  Run(Job());
  ExpectExact();
  EXPECT_EQ(RunJob(SharedStack(), OfStandby()).stream("public.t").error().reason(),
            "SOURCE_CHANGED");
  ExpectExact();
  reader_.Run("SELECT pg_wal_replay_resume()");
  RunOfStandby();
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(KeyedAndNot, StandbyTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "WithKey" : "WithoutKey"; });

}  // namespace
}  // namespace lockstitch::tests

#ifndef LOCKSTITCH_TESTS_INCREMENTAL_FIRST_LOAD_H_
#define LOCKSTITCH_TESTS_INCREMENTAL_FIRST_LOAD_H_

#include <signal.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {

inline constexpr int kKilled = 128 + SIGKILL;

// A stream whose whole is read in four ranges of 250 rows, then those without a key, one by one.
class FirstLoadTest : public StreamTest {
 protected:
  void MakeTable(bool keyed) {
    source_->Run("CREATE TABLE t (id int" + std::string(keyed ? " PRIMARY KEY" : "") +
                 ", k timestamptz, v int); CREATE INDEX ON t (k)");
    source_->Run(
        "INSERT INTO t SELECT n, timestamptz '2020-01-01 00:00+00' + n * interval '1 min', 1 FROM "
        "generate_series(1, 1000) n; ANALYZE t; INSERT INTO t SELECT n, NULL, 1 FROM "
        "generate_series(1001, 1005) n");
  }

  v1::Integration Job() {
    v1::Integration job = StreamTest::Job();
    job.mutable_source()->mutable_postgres()->set_max_connections(1);
    Stream(job).set_ranges(4);
    return job;
  }

  // A run whose extractor, or loader, is killed at an instant, and its scheduler with it.
  void RunKilled(const v1::Integration& job,
                 const std::string& instant = "extractor.chunk.acknowledged") {
    const bool of_loader = instant.rfind("loader.", 0) == 0;
    Stack stack({.loader = of_loader ? instant + "=kill" : "",
                 .extractor = of_loader ? "" : instant + "=kill"});
    std::thread running([&] { RunJob(stack, job); });
    EXPECT_EQ((of_loader ? stack.loader : stack.extractor).process().Wait(), kKilled);
    stack.scheduler.process().Kill();
    running.join();
  }

  int64_t DurableRanges() {
    return destination_->Int("SELECT count(*) FROM _lockstitch.ranges WHERE complete");
  }
  // What is left to be read of the unfinished load, and once more at its end.
  int64_t RowsLeft() {
    const std::string horizon = destination_->Text(
        "SELECT horizon FROM _lockstitch.loads WHERE state = 'open' AND load_table <> ''");
    const std::string past = destination_->Text(
        "SELECT coalesce(max(upper_bound::timestamptz), '-infinity')::text FROM _lockstitch.ranges "
        "WHERE complete");
    return source_->Int("SELECT count(*) FROM t WHERE k >= '" + past + "' OR k IS NULL") +
           source_->Int("SELECT count(*) FROM t WHERE k >= '" + horizon + "' OR k IS NULL");
  }
  // Where the ranges of an integration's newest load end, in their order; the closing one aside.
  std::vector<std::string> Boundaries(const std::string& schema = "s") {
    return destination_->List(
        "SELECT upper_bound FROM _lockstitch.ranges JOIN _lockstitch.streams USING (stream_id) "
        "JOIN _lockstitch.integrations ON uid = integration_uid WHERE destination_schema = '" +
        schema +
        "' AND upper_bound IS NOT NULL AND load_id = (SELECT max(load_id) FROM _lockstitch.loads l "
        "WHERE l.stream_id = streams.stream_id) ORDER BY range");
  }
  int64_t LoadTables() {
    return destination_->Int(
        "SELECT count(*) FROM pg_class WHERE relname LIKE '\\_lockstitch\\_load%' AND relkind = "
        "'r'");
  }
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_INCREMENTAL_FIRST_LOAD_H_

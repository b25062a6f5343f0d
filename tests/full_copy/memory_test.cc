// Extractor and loader take little memory, whatever they copy and however slow the other side is:
// 64 MiB, and three times the largest row.

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::Rendezvous;

constexpr int64_t kMegabytes = 64;

class MemoryTest : public ClustersTest {
 protected:
  static void ExpectLittleMemory(const Stack& stack, int64_t row_megabytes = 0) {
    for (const ServiceProcess* service : {&stack.extractor, &stack.loader}) {
      EXPECT_GT(service->PeakMegabytes(), 0);
      EXPECT_LE(service->PeakMegabytes(), kMegabytes + 3 * row_megabytes);
    }
  }
};

// Flow control reaches the source: its server waits until somebody takes what it sends.
TEST_F(MemoryTest, AStalledLoaderHoldsTheSourceBack) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v text);"
      "INSERT INTO t SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 150000) n");
  Rendezvous stalled;
  Stack stack({.loader = "loader.batch.written=" + stalled.action()});
  JobOutcome outcome;
  std::thread job(
      [&] { outcome = RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"})); });
  stalled.AwaitArrival();
  source_->Await(
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE "
      "'lockstitch extractor%' AND wait_event = 'ClientWrite'");
  ExpectLittleMemory(stack);
  stalled.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Text(testing::ContentsQuery("s.t", "id, v")),
            source_->Text(testing::ContentsQuery("t", "id, v")));
  ExpectLittleMemory(stack);
}

TEST_F(MemoryTest, OfALargeRowNoMoreThanThreeTimesItsSize) {
  constexpr int kRowMegabytes = 100;
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v bytea); ALTER TABLE t ALTER v SET STORAGE EXTERNAL;"
      "INSERT INTO t SELECT n, convert_to(repeat(md5(n::text), 32768 * " +
      std::to_string(kRowMegabytes) + "), 'UTF8') FROM generate_series(1, 2) n");
  Stack stack;
  ExpectSucceeded(RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"})));
  EXPECT_EQ(destination_->Text("SELECT string_agg(md5(v), ' ' ORDER BY id) FROM s.t"),
            source_->Text("SELECT string_agg(md5(v), ' ' ORDER BY id) FROM t"));
  ExpectLittleMemory(stack, kRowMegabytes);
}

TEST_F(MemoryTest, OfAsManyColumnsAsATableMayHave) {
  source_->Run(
      "SELECT pg_catalog.set_config('t.columns', string_agg(format('c%s int DEFAULT %s', n, n), ', "
      "'), "
      "false) FROM generate_series(1, 1590) n;"
      "DO $$ BEGIN EXECUTE 'CREATE TABLE t (id int PRIMARY KEY, ' || "
      "current_setting('t.columns') || ')'; END $$;"
      "INSERT INTO t (id) SELECT generate_series(1, 3000)");
  Stack stack;
  ExpectSucceeded(RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"})));
  EXPECT_EQ(destination_->Text("SELECT count(*) || ' ' || sum(c1590) FROM s.t"), "3000 4770000");
  ExpectLittleMemory(stack);
}

}  // namespace
}  // namespace lockstitch::tests

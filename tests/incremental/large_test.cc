// Ten million rows of one replication key, which are one chunk. Takes minutes: run by hand.

#include <iostream>
#include <string>

#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {
namespace {

using LargeTest = StreamTest;

TEST_F(LargeTest, TenMillionRowsOfOneKeyAreOneChunkAndTakeLittleMemory) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, k timestamptz, v text);"
      "INSERT INTO t VALUES (0, '2020-01-01', 'first')");
  Stack stack;
  ExpectSucceeded(RunJob(stack, Job()));
  source_->Run(
      "INSERT INTO t SELECT n, '2020-01-01', repeat('x', n % 90) FROM generate_series(1, 10000000) "
      "n; CREATE INDEX ON t (k); ANALYZE t");
  const JobOutcome outcome = RunJob(stack, Job());
  ExpectSucceeded(outcome);
  EXPECT_EQ(RowsRead(outcome), 10000001);
  ExpectSameContents("t", "s.t", "id, k, v");
  EXPECT_EQ(destination_->Int("SELECT max(chunk) FROM _lockstitch.chunks"), 0);
  for (ServiceProcess* service : {&stack.extractor, &stack.loader}) {
    const int64_t peak = service->PeakMegabytes();
    std::cout << "peak: " << peak << " MiB" << std::endl;
    EXPECT_GT(peak, 0);
    EXPECT_LT(peak, 200);
  }
}

}  // namespace
}  // namespace lockstitch::tests

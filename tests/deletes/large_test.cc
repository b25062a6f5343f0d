// A million keys. Takes a minute: run by hand.

#include <iostream>
#include <string>

#include "tests/deletes/deletes_stream.h"

namespace lockstitch::tests {
namespace {

using LargeTest = DeletesStreamTest;

TEST_F(LargeTest, AMillionKeysTakeLittleMemory) {
  MakeTable(1'000'000);
  Run(JobThat(kMark));
  Stack stack;
  source_->Run("DELETE FROM t WHERE id % 1000 = 7");
  const JobOutcome outcome = RunJob(stack, JobThat(kMark));
  ExpectSucceeded(outcome);
  EXPECT_EQ(RowsDeleted(outcome), 1000);
  EXPECT_EQ(Unmarked(), 999'000);
  for (ServiceProcess* service : {&stack.extractor, &stack.loader}) {
    const int64_t peak = service->PeakMegabytes();
    std::cout << "peak: " << peak << " MiB" << std::endl;
    EXPECT_GT(peak, 0);
    EXPECT_LT(peak, 100);
  }
}

}  // namespace
}  // namespace lockstitch::tests

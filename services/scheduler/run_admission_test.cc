#include "services/scheduler/run_admission.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using Grant = RunAdmission::Grant;

JobLimits Limits(const std::string& source, uint32_t connections = 4) {
  return {.parallel_streams = 4,
          .source = {.database = source, .connections = connections},
          .destination = {.database = "warehouse", .connections = 100}};
}

// Takes and ends every run, and answers in which order they came.
std::vector<size_t> TakeAll(RunAdmission::Job& job, std::stop_token stop = {}) {
  std::vector<size_t> runs;
  while (const std::optional<Grant> grant = job.Next(stop)) {
    runs.push_back(grant->run);
    job.End(*grant);
  }
  return runs;
}

TEST(RunAdmissionTest, TheLargestStreamComesFirst) {
  RunAdmission admission(10);
  RunAdmission::Job job(&admission, Limits("s"));
  job.Add({{.run = 0, .size_bytes = 1}, {.run = 1, .size_bytes = 3}, {.run = 2, .size_bytes = 2}});
  EXPECT_THAT(TakeAll(job), ElementsAre(1, 2, 0));
}

TEST(RunAdmissionTest, AJobWithoutRunsHasNothingToWaitFor) {
  RunAdmission admission(1);
  RunAdmission::Job job(&admission, Limits("s"));
  job.Add({});
  EXPECT_FALSE(job.Next({}));
}

TEST(RunAdmissionTest, ARunWaitsForTheEndOfAnotherJobs) {
  RunAdmission admission(10);
  RunAdmission::Job first(&admission, Limits("s", 1)), second(&admission, Limits("s", 1));
  first.Add({{.run = 0}});
  const std::optional<Grant> grant = first.Next({});
  ASSERT_TRUE(grant);
  second.Add({{.run = 5}});
  std::thread waiter([&] { EXPECT_THAT(TakeAll(second), ElementsAre(5)); });
  first.End(*grant);
  waiter.join();
}

TEST(RunAdmissionTest, WhatAJobHadIsFreeOnceItIsGone) {
  RunAdmission admission(1);
  RunAdmission::Job second(&admission, Limits("t"));
  {
    RunAdmission::Job first(&admission, Limits("s"));
    first.Add({{.run = 0}});
    second.Add({{.run = 5}});
    ASSERT_TRUE(first.Next({}));
  }
  EXPECT_THAT(TakeAll(second), ElementsAre(5));
}

TEST(RunAdmissionTest, RunsUnderWayAreGrantedWhateverTheLimits) {
  RunAdmission admission(1);
  RunAdmission::Job job(&admission, Limits("s"));
  job.Add({{.run = 2}}, {{.run = 0}, {.run = 1}});
  const std::optional<Grant> first = job.Next({}), second = job.Next({});
  EXPECT_EQ(first->run, 0u);
  EXPECT_EQ(second->run, 1u);
  // The one that is queued waits until both have ended.
  std::stop_source stop;
  job.End(*first);
  std::thread waiter([&] {
    const std::optional<Grant> third = job.Next(stop.get_token());
    EXPECT_EQ(third->run, 2u);
    EXPECT_EQ(third->connections, 1u);
  });
  job.End(*second);
  waiter.join();
}

TEST(RunAdmissionTest, AStopWakesWhoWaitsAndLetsTheRestThrough) {
  RunAdmission admission(1);
  RunAdmission::Job busy(&admission, Limits("s")), stopped(&admission, Limits("t"));
  busy.Add({{.run = 0}});
  ASSERT_TRUE(busy.Next({}));
  stopped.Add({{.run = 1}, {.run = 2}});
  std::stop_source stop;
  std::thread waiter([&] { EXPECT_THAT(TakeAll(stopped, stop.get_token()), ElementsAre(1, 2)); });
  stop.request_stop();
  waiter.join();
}

}  // namespace
}  // namespace lockstitch::scheduler

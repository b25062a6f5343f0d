#include "services/scheduler/plan.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kQueued = v1::STREAM_RUN_STATE_QUEUED;
constexpr auto kRunning = v1::STREAM_RUN_STATE_RUNNING;
constexpr auto kSucceeded = v1::STREAM_RUN_STATE_SUCCEEDED;
constexpr auto kFailed = v1::STREAM_RUN_STATE_FAILED;

std::vector<size_t> Starts(const std::vector<RunStanding>& runs, size_t max_parallel) {
  std::vector<size_t> starts;
  const JobLimits limits = {.parallel_streams = max_parallel, .connections = 100};
  for (const StartRun& start : PlanStarts(runs, limits)) {
    EXPECT_FALSE(start.reason.empty());
    starts.push_back(start.run);
  }
  return starts;
}

TEST(PlanStartsTest, TheLargestGoFirst) {
  EXPECT_THAT(Starts({{kQueued, 10}, {kQueued, 30}, {kQueued, 20}}, 2), ElementsAre(1, 2));
}

TEST(PlanStartsTest, EqualSizesKeepTheirOrder) {
  EXPECT_THAT(Starts({{kQueued, 0}, {kQueued, 0}, {kQueued, 0}}, 9), ElementsAre(0, 1, 2));
}

TEST(PlanStartsTest, WhatRunsCountsAgainstTheLimitAndWhatEndedDoesNot) {
  EXPECT_THAT(Starts({{kRunning, 1}, {kQueued, 1}, {kSucceeded, 9}, {kFailed, 9}, {kQueued, 2}}, 2),
              ElementsAre(4));
  EXPECT_THAT(Starts({{kRunning, 1}, {kQueued, 1}}, 1), IsEmpty());
}

TEST(PlanStartsTest, ConnectionsAreGrantedAsFarAsTheyReach) {
  const auto grants = [](const std::vector<RunStanding>& runs, uint32_t connections) {
    std::vector<std::pair<size_t, uint32_t>> granted;
    for (const StartRun& start :
         PlanStarts(runs, {.parallel_streams = 10, .connections = connections})) {
      granted.emplace_back(start.run, start.connections);
    }
    return granted;
  };
  EXPECT_THAT(grants({{kQueued, 1, 1}, {kQueued, 9, 3}, {kQueued, 5, 2}}, 4),
              ElementsAre(std::pair(1, 3u), std::pair(2, 1u)));
  EXPECT_THAT(grants({{kRunning, 1, 3}, {kQueued, 1, 8}}, 4), ElementsAre(std::pair(1, 1u)));
  EXPECT_THAT(grants({{kRunning, 1, 4}, {kQueued, 1, 1}}, 4), IsEmpty());
}

TEST(PlanJobStateTest, AJobEndsWithItsLastRun) {
  EXPECT_EQ(PlanJobState({{kSucceeded}, {kRunning}}, false), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(PlanJobState({{kFailed}, {kQueued}}, true), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(PlanJobState({{kSucceeded}, {kSucceeded}}, false), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(PlanJobState({{kSucceeded}, {kFailed}}, false), v1::JOB_STATE_FAILED);
  EXPECT_EQ(PlanJobState({{kSucceeded}, {v1::STREAM_RUN_STATE_CANCELLED}}, true),
            v1::JOB_STATE_CANCELLED);
  EXPECT_EQ(PlanJobState({{kSucceeded}}, true), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(PlanJobState({}, false), v1::JOB_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace lockstitch::scheduler

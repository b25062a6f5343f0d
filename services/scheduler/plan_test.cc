#include "services/scheduler/plan.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// A job of its own source and destination, unless they are named.
struct TestJob {
  std::vector<QueuedRun> queued;
  size_t running = 0;
  uint32_t connections = 0;  // Taken.
  JobLimits limits = {.parallel_streams = 100,
                      .source = {.database = "", .connections = 100},
                      .destination = {.database = "", .connections = 100}};
};

std::vector<StartRun> Starts(std::vector<TestJob> jobs, size_t most_runs = 100) {
  std::vector<JobStanding> standings;
  for (size_t job = 0; job < jobs.size(); ++job) {
    JobLimits& limits = jobs[job].limits;
    if (limits.source.database.empty()) limits.source.database = std::to_string(job);
    if (limits.destination.database.empty()) limits.destination.database = std::to_string(job);
    standings.push_back({.limits = &limits,
                         .running = jobs[job].running,
                         .connections = jobs[job].connections,
                         .queued = jobs[job].queued});
  }
  return PlanStarts(standings, most_runs);
}

// Which run of which job.
std::vector<std::pair<size_t, size_t>> Order(const std::vector<StartRun>& starts) {
  std::vector<std::pair<size_t, size_t>> order;
  for (const StartRun& start : starts) {
    EXPECT_FALSE(start.reason.empty());
    order.emplace_back(start.job, start.queued.run);
  }
  return order;
}

// How many connections each gets.
std::vector<uint32_t> Grants(const std::vector<StartRun>& starts) {
  std::vector<uint32_t> grants;
  for (const StartRun& start : starts) grants.push_back(start.connections);
  return grants;
}

constexpr int64_t kGiB = int64_t{1} << 30;

TEST(QueueRunTest, TheUsersRangesHold) {
  v1::StreamSettings settings;
  settings.set_ranges(3);
  const QueuedRun queued = QueueRun(7, settings, 100 * kGiB);
  EXPECT_EQ(queued.run, 7u);
  EXPECT_EQ(queued.connections, 3u);
  EXPECT_FALSE(queued.by_size);
}

TEST(QueueRunTest, ALargeTableWantsMoreThanOneConnection) {
  const v1::StreamSettings full;
  EXPECT_EQ(QueueRun(0, full, 0).connections, 1u);
  EXPECT_EQ(QueueRun(0, full, kGiB / 4).connections, 1u);
  EXPECT_EQ(QueueRun(0, full, kGiB).connections, 4u);
  EXPECT_GT(QueueRun(0, full, std::numeric_limits<int64_t>::max()).connections, 1000u);
  EXPECT_TRUE(QueueRun(0, full, kGiB).by_size);
  v1::StreamSettings incremental;
  incremental.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  EXPECT_EQ(QueueRun(0, incremental, kGiB).connections, 1u);
}

TEST(PlanStartsTest, ForItsSizeATableLeavesHalfToThoseBesideIt) {
  const QueuedRun large = {.run = 0, .size_bytes = 9, .connections = 20, .by_size = true};
  const QueuedRun small = {.run = 1, .size_bytes = 1};
  TestJob job = {.queued = {large, small, small, small}};
  job.limits.source.connections = 4;
  EXPECT_THAT(Grants(Starts({job})), ElementsAre(2, 1, 1));
  job.queued = {large};
  EXPECT_THAT(Grants(Starts({job})), ElementsAre(3));
  job.queued = {large, small};
  job.limits.parallel_streams = 1;
  EXPECT_THAT(Grants(Starts({job})), ElementsAre(3));
  job.limits.source.connections = 1;
  EXPECT_THAT(Grants(Starts({job})), ElementsAre(1));
}

TEST(PlanStartsTest, ForItsSizeATableLeavesHalfToJobsThatShareADatabase) {
  TestJob job = {.queued = {{.run = 0, .size_bytes = 9, .connections = 20, .by_size = true}}};
  job.limits.destination = {.database = "warehouse", .connections = 4};
  TestJob other = {.queued = {{.run = 1, .size_bytes = 1}}};
  other.limits.destination = job.limits.destination;
  EXPECT_THAT(Grants(Starts({job, other})), ElementsAre(2, 1));
}

TEST(PlanStartsTest, AJobStartsItsRunsInTheirOrderUpToItsLimit) {
  TestJob job = {.queued = {{7, 30}, {3, 20}, {5, 10}}, .running = 1};
  job.limits.parallel_streams = 3;
  EXPECT_THAT(Order(Starts({job})), ElementsAre(Pair(0, 7), Pair(0, 3)));
  job.running = 3;
  EXPECT_THAT(Starts({job}), IsEmpty());
}

TEST(PlanStartsTest, TheJobWithTheFewestRunsComesFirstThenTheLargestStream) {
  const TestJob large = {.queued = {{0, 900}, {1, 800}, {2, 700}}, .running = 1};
  const TestJob small = {.queued = {{0, 2}, {1, 1}}};
  const TestJob other = {.queued = {{0, 3}}};
  EXPECT_THAT(Order(Starts({large, small, other}, 5)),
              ElementsAre(Pair(2, 0), Pair(1, 0), Pair(0, 0), Pair(1, 1)));
}

TEST(PlanStartsTest, NoMoreRunThanTheSchedulerAllows) {
  const TestJob busy = {.queued = {{0, 1}}, .running = 3};
  EXPECT_THAT(Order(Starts({busy, {.queued = {{0, 1}, {1, 1}}}}, 4)), ElementsAre(Pair(1, 0)));
  EXPECT_THAT(Starts({busy}, 3), IsEmpty());
}

TEST(PlanStartsTest, ConnectionsAreGrantedAsFarAsTheyReach) {
  TestJob job = {.queued = {{0, 9, 3}, {1, 5, 2}, {2, 1, 1}}};
  job.limits.source.connections = 4;
  EXPECT_THAT(Grants(Starts({job})), ElementsAre(3u, 1u));
  job.connections = 3;
  EXPECT_THAT(Grants(Starts({job})), ElementsAre(1u));
  job.connections = 4;
  EXPECT_THAT(Starts({job}), IsEmpty());
}

TEST(PlanStartsTest, JobsAtOneDatabaseShareTheSmallerLimit) {
  TestJob first = {.queued = {{0, 9, 2}, {1, 8, 2}}};
  first.limits.destination = {.database = "warehouse", .connections = 9};
  TestJob second = {.queued = {{0, 7, 2}, {1, 6, 2}}};
  second.limits.destination = {.database = "warehouse", .connections = 5};
  const std::vector<StartRun> starts = Starts({first, second});
  EXPECT_THAT(Order(starts), ElementsAre(Pair(0, 0), Pair(1, 0), Pair(0, 1)));
  EXPECT_THAT(Grants(starts), ElementsAre(2u, 2u, 1u));
}

TEST(PlanStartsTest, AJobWhoseDatabaseIsFullLetsOthersPass) {
  TestJob running = {.running = 1, .connections = 1};
  running.limits.source = {.database = "busy", .connections = 1};
  TestJob waiting = {.queued = {{0, 9}}};
  waiting.limits.source = {.database = "busy", .connections = 8};
  EXPECT_THAT(Order(Starts({running, waiting, {.queued = {{0, 1}}}})), ElementsAre(Pair(2, 0)));
}

TEST(PlanStartsTest, ASourceThatIsItsDestinationIsNoObstacle) {
  TestJob job = {.queued = {{0, 1}}};
  job.limits.source = job.limits.destination = {.database = "one", .connections = 1};
  EXPECT_THAT(Order(Starts({job})), ElementsAre(Pair(0, 0)));
}

TEST(PlanJobStateTest, AJobEndsWithItsLastRun) {
  constexpr auto kQueued = v1::STREAM_RUN_STATE_QUEUED;
  constexpr auto kRunning = v1::STREAM_RUN_STATE_RUNNING;
  constexpr auto kSucceeded = v1::STREAM_RUN_STATE_SUCCEEDED;
  constexpr auto kFailed = v1::STREAM_RUN_STATE_FAILED;
  EXPECT_EQ(PlanJobState({kSucceeded, kRunning}, false), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(PlanJobState({kFailed, kQueued}, true), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(PlanJobState({kSucceeded, kSucceeded}, false), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(PlanJobState({kSucceeded, kFailed}, false), v1::JOB_STATE_FAILED);
  EXPECT_EQ(PlanJobState({kSucceeded, v1::STREAM_RUN_STATE_CANCELLED}, true),
            v1::JOB_STATE_CANCELLED);
  EXPECT_EQ(PlanJobState({kSucceeded}, true), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(PlanJobState({}, false), v1::JOB_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace lockstitch::scheduler

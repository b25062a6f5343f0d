#ifndef LOCKSTITCH_SERVICES_SCHEDULER_PLAN_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"

namespace lockstitch::scheduler {

// A database that jobs read from or write to.
struct DatabaseShare {
  std::string database;      // What tells it from others.
  uint32_t connections = 1;  // How many the job says may be open to it at once.
};

// What a job may take at once.
struct JobLimits {
  size_t parallel_streams = 1;
  DatabaseShare source;
  DatabaseShare destination;
};

// A run that waits to be started.
struct QueuedRun {
  size_t run = 0;  // Its place among its job's runs.
  int64_t size_bytes = 0;
  uint32_t connections = 1;  // Wanted at each database.
  bool by_size = false;      // Wanted for its size alone: others come before.
};

// A run of a stream of that size. It wants a connection for each of the ranges that the settings
// say; where they don't, one for each 256 MiB of a table that is read from end to end, else one.
QueuedRun QueueRun(size_t run, const v1::StreamSettings& settings, int64_t size_bytes);

// What a plan is made from: one job, of which an integration has one at a time.
struct JobStanding {
  const JobLimits* limits = nullptr;
  size_t running = 0;                  // Runs.
  uint32_t connections = 0;            // Granted to them, at each database.
  absl::Span<const QueuedRun> queued;  // In the order in which they are to start.
};

// A decision to start the first of a job's queued runs, and why.
struct StartRun {
  size_t job = 0;  // Its place among the jobs given.
  QueuedRun queued;
  uint32_t connections = 1;  // Granted to it at each database.
  std::string reason;
};

// Which queued runs to start now so that at most `most_runs` run: first of the job with the fewest
// runs under way, then the largest. Jobs share a database: the connections of all of them together
// stay within the least that one of them says; a source and a destination are told apart even where
// they are one database. A run gets as many connections as it wants and are left, at least one; for
// its size alone no more than half of what is left while others wait that may start beside it, and
// else all but one, for who comes later. Pure.
std::vector<StartRun> PlanStarts(absl::Span<const JobStanding> jobs, size_t most_runs);

// What a job has come to: RUNNING while any run is open, then SUCCEEDED where all are; else
// CANCELLED if it was stopped by its user, or FAILED.
v1::JobState PlanJobState(const std::vector<v1::StreamRunState>& runs, bool stopped);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_PLAN_H_

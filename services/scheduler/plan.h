#ifndef LOCKSTITCH_SERVICES_SCHEDULER_PLAN_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lockstitch/v1/job.pb.h"

namespace lockstitch::scheduler {

// What a plan is made from: one stream run of a job.
struct RunStanding {
  v1::StreamRunState state = v1::STREAM_RUN_STATE_QUEUED;
  int64_t size_bytes = 0;
  uint32_t connections = 1;  // At each database: wanted while it is queued, granted while it runs.
};

// What a job may take at once.
struct JobLimits {
  size_t parallel_streams = 1;
  uint32_t connections = 1;  // At each database.
};

// A decision to start a run, and why.
struct StartRun {
  size_t run = 0;            // Its place among the runs given.
  uint32_t connections = 1;  // Granted to it.
  std::string reason;
};

// Which queued runs to start now within the limits: the largest first, since the last one to end
// decides how long the job takes. A run gets as many connections as it wants and are left, at least
// one. Pure.
std::vector<StartRun> PlanStarts(const std::vector<RunStanding>& runs, const JobLimits& limits);

// What a job has come to: RUNNING while any run is open, then SUCCEEDED where all are; else
// CANCELLED if it was stopped, or FAILED.
v1::JobState PlanJobState(const std::vector<RunStanding>& runs, bool stopped);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_PLAN_H_

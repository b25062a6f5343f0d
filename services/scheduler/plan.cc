#include "services/scheduler/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstitch::scheduler {
namespace {

bool IsOpen(const RunStanding& run) {
  return run.state == v1::STREAM_RUN_STATE_QUEUED || run.state == v1::STREAM_RUN_STATE_RUNNING;
}

}  // namespace

std::vector<StartRun> PlanStarts(const std::vector<RunStanding>& runs, const JobLimits& limits) {
  std::vector<size_t> queued;
  size_t running = 0;
  uint32_t taken = 0;
  for (size_t run = 0; run < runs.size(); ++run) {
    if (runs[run].state == v1::STREAM_RUN_STATE_QUEUED) queued.push_back(run);
    if (runs[run].state == v1::STREAM_RUN_STATE_RUNNING) {
      ++running;
      taken += runs[run].connections;
    }
  }
  std::stable_sort(queued.begin(), queued.end(),
                   [&](size_t a, size_t b) { return runs[a].size_bytes > runs[b].size_bytes; });
  std::vector<StartRun> starts;
  for (const size_t run : queued) {
    if (running >= limits.parallel_streams || taken >= limits.connections) break;
    const uint32_t granted = std::min(runs[run].connections, limits.connections - taken);
    ++running;
    taken += granted;
    starts.push_back(
        {run, granted,
         absl::StrCat("largest queued, ", running, " of ", limits.parallel_streams, " at once, ",
                      taken, " of ", limits.connections, " connections")});
  }
  return starts;
}

v1::JobState PlanJobState(const std::vector<RunStanding>& runs, bool stopped) {
  if (std::any_of(runs.begin(), runs.end(), IsOpen)) return v1::JOB_STATE_RUNNING;
  const bool succeeded = std::all_of(runs.begin(), runs.end(), [](const RunStanding& run) {
    return run.state == v1::STREAM_RUN_STATE_SUCCEEDED;
  });
  if (succeeded) return v1::JOB_STATE_SUCCEEDED;
  return stopped ? v1::JOB_STATE_CANCELLED : v1::JOB_STATE_FAILED;
}

}  // namespace lockstitch::scheduler

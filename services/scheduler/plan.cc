#include "services/scheduler/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstitch::scheduler {
namespace {

bool IsOpen(const RunStanding& run) {
  return run.state == v1::STREAM_RUN_STATE_QUEUED || run.state == v1::STREAM_RUN_STATE_RUNNING;
}

}  // namespace

std::vector<StartRun> PlanStarts(const std::vector<RunStanding>& runs, size_t max_parallel) {
  std::vector<size_t> queued;
  size_t running = 0;
  for (size_t run = 0; run < runs.size(); ++run) {
    if (runs[run].state == v1::STREAM_RUN_STATE_QUEUED) queued.push_back(run);
    if (runs[run].state == v1::STREAM_RUN_STATE_RUNNING) ++running;
  }
  std::stable_sort(queued.begin(), queued.end(),
                   [&](size_t a, size_t b) { return runs[a].size_bytes > runs[b].size_bytes; });
  std::vector<StartRun> starts;
  for (const size_t run : queued) {
    if (running >= max_parallel) break;
    ++running;
    starts.push_back(
        {run, absl::StrCat("largest queued, ", running, " of ", max_parallel, " at once")});
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

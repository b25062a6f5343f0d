#include "services/scheduler/scheduler.h"

#include "services/scheduler/job_runner.h"
#include "services/scheduler/selection.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {

absl::Status Scheduler::RunOnce(const v1::RunOnceRequest& request,
                                const std::function<void(const v1::JobEvent&)>& listener,
                                std::stop_token stop) {
  if (stop_.stop_requested()) return Error(Reason::kShuttingDown, "the scheduler is shutting down");
  RETURN_IF_ERROR(ValidateIntegration(request.integration()));
  std::stop_source either;
  const std::stop_callback by_caller(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  const size_t asked = request.max_parallel_streams();
  JobRunner job(request.integration(),
                {.discovery = options_.discovery,
                 .metrics = options_.metrics,
                 .dispatch = {.extractor = options_.extractor,
                              .loader = options_.loader,
                              .progress_deadline = options_.progress_deadline,
                              .stop = either.get_token()},
                 .max_parallel_streams = asked > 0 ? asked : options_.max_parallel_streams,
                 .reset = request.reset()},
                listener);
  job.Run();
  return absl::OkStatus();
}

}  // namespace lockstitch::scheduler

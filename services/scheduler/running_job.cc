#include "services/scheduler/running_job.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/timestamp.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::Duration kDefaultTimeLimit = absl::Hours(24);

absl::Duration TimeLimitOf(const v1::Integration& integration) {
  if (!integration.has_job_time_limit()) return kDefaultTimeLimit;
  return absl::Seconds(integration.job_time_limit().seconds()) +
         absl::Nanoseconds(integration.job_time_limit().nanos());
}

absl::Time DeadlineOf(const OpenJob& open) {
  const absl::Time start =
      open.job.has_started_at() ? rpc::FromTimestamp(open.job.started_at()) : absl::Now();
  return start + TimeLimitOf(open.integration);
}

}  // namespace

RunningJob::RunningJob(OpenJob job, const Options& options)
    : open_(std::move(job)),
      deadline_(DeadlineOf(open_)),
      recorder_({.store = options.store,
                 .reports = options.reports,
                 .journal = options.journal,
                 .job = &open_,
                 .leave = options.leave}),
      runner_(open_,
              [&] {
                JobRunner::Options runner = options.runner;
                runner.recorder = &recorder_;
                runner.dispatch.stop = stop_.get_token();
                runner.dispatch.stop_cause = [this] { return StopCause(); };
                runner.dispatch.leave = options.leave;
                if (open_.integration.max_parallel_streams() > 0)
                  runner.parallel_streams = open_.integration.max_parallel_streams();
                return runner;
              }()),
      thread_([this] {
        runner_.Run();
        ended_ = true;
      }) {}

RunningJob::~RunningJob() { thread_.join(); }

void RunningJob::Stop(const absl::Status& why) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stop_cause_.ok()) return;
    stop_cause_ = why;
  }
  stop_.request_stop();
}

void RunningJob::StopAtTimeLimit() {
  Stop(Error(Reason::kJobTimeLimitExceeded,
             absl::StrCat("the job has run for its limit of ",
                          absl::FormatDuration(TimeLimitOf(open_.integration)))));
}

absl::Status RunningJob::StopCause() const {
  absl::MutexLock lock(&mutex_);
  return stop_cause_;
}

}  // namespace lockstitch::scheduler

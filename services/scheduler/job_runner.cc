#include "services/scheduler/job_runner.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "rpc/random_id.h"
#include "rpc/timestamp.h"
#include "services/scheduler/integration_metrics.h"
#include "services/scheduler/job_error.h"
#include "services/scheduler/job_limits.h"
#include "services/scheduler/log_line.h"
#include "services/scheduler/plan.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/call_context.h"
#include "telemetry/error_count.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

// "JOB_STATE_SUCCEEDED" -> "succeeded", the label of metrics.
std::string LabelOf(v1::JobState state) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::JobState_Name(state), "JOB_STATE_"));
}

double SecondsOf(const v1::Job& job) {
  return absl::ToDoubleSeconds(rpc::FromTimestamp(job.ended_at()) -
                               rpc::FromTimestamp(job.started_at()));
}

// What the job's threads work for. It belongs to its caller's trace; one without has a trace of its
// own, which whoever takes the job over goes on with.
telemetry::CallContext ContextOf(const v1::Job& job) {
  telemetry::CallContext context = telemetry::CurrentContext();
  if (context.trace_id.empty()) context.trace_id = job.job_id();
  context.job_id = job.job_id();
  context.integration = job.integration();
  return context;
}

bool HasEnded(const v1::StreamRun& run) {
  return run.state() != v1::STREAM_RUN_STATE_QUEUED && run.state() != v1::STREAM_RUN_STATE_RUNNING;
}

absl::Status Left() {
  return Error(Reason::kLeadershipLost, "the job was left to the scheduler that leads next");
}

}  // namespace

JobRunner::JobRunner(const OpenJob& job, const Options& options)
    : open_(job),
      options_(options),
      selection_(job,
                 {.discovery = options.discovery,
                  .loader = options.dispatch.loader,
                  .reset = options.reset,
                  .begun = !job.runs.empty(),
                  .stop = hurry_.get_token()},
                 options.recorder),
      job_(job.job) {
  stream_options_ = {.integration = &open_.integration,
                     .selection = &selection_,
                     .reset = options_.reset,
                     .dispatch = options_.dispatch,
                     .verifier = options_.verifier,
                     .metrics = options_.metrics,
                     .watch = options_.watch,
                     .recorder = options_.recorder};
  stream_options_.dispatch.leave = leave_.get_token();
}

void JobRunner::Run() {
  const telemetry::ContextScope scope(ContextOf(job_));
  StartAtZero(job_.integration(), options_.metrics);
  const std::stop_callback on_leave(options_.dispatch.leave, [&] { leave_.request_stop(); });
  const std::stop_callback on_left(leave_.get_token(), [&] { hurry_.request_stop(); });
  const std::stop_callback on_stop(options_.dispatch.stop, [&] { hurry_.request_stop(); });
  if (!Start().ok()) return;
  const absl::Status failure = SelectAndRun();
  if (leave_.stop_requested()) return;
  End(failure).IgnoreError();
}

absl::Status JobRunner::Start() {
  if (job_.state() == v1::JOB_STATE_RUNNING) {
    options_.recorder->Log(
        LogLine(v1::SEVERITY_INFO, "", "a scheduler takes the job over from another one"));
    return absl::OkStatus();
  }
  job_.set_state(v1::JOB_STATE_RUNNING);
  *job_.mutable_started_at() = rpc::ToTimestamp(absl::Now());
  return options_.recorder->StartJob(job_);
}

absl::Status JobRunner::SelectAndRun() {
  if (open_.runs.empty()) {
    RETURN_IF_ERROR(MakeRuns());
  } else {
    TakeRuns();
  }
  return RunStreams();
}

void JobRunner::TakeRuns() {
  for (const OpenRun& open : open_.runs) {
    if (HasEnded(open.run)) {
      ended_before_.push_back(open.run);
    } else {
      streams_.push_back(std::make_unique<StreamRunner>(stream_options_, open, std::nullopt));
    }
  }
}

absl::Status JobRunner::MakeRuns() {
  ASSIGN_OR_RETURN(const std::shared_ptr<const JobStreams> found, selection_.Find());
  if (found->selected.empty())
    options_.recorder->Log(LogLine(v1::SEVERITY_WARNING, "", "the selection finds no table"));
  std::vector<v1::StreamRun> runs;
  for (const SelectedStream& stream : found->selected) {
    v1::StreamRun& run = runs.emplace_back();
    run.set_run_id(rpc::RandomId());
    run.set_stream(stream.settings.stream());
    run.set_method(stream.settings.method());
    run.set_state(v1::STREAM_RUN_STATE_QUEUED);
    run.set_size_bytes(stream.size_bytes);
    streams_.push_back(
        std::make_unique<StreamRunner>(stream_options_, OpenRun{.run = run}, stream));
  }
  const absl::Status added = options_.recorder->AddRuns(runs);
  if (!added.ok()) leave_.request_stop();
  return added;
}

absl::Status JobRunner::RunStreams() {
  const JobLimits limits = LimitsOf(open_.integration, options_.parallel_streams);
  std::vector<QueuedRun> queued, underway;
  for (size_t i = 0; i < streams_.size(); ++i) {
    const StreamRunner& stream = *streams_[i];
    QueuedRun run = QueueRun(i, stream.selected().settings, stream.selected().size_bytes);
    // What was granted is open at both ends, whatever would be granted now.
    if (stream.dispatched().connections > 0) run.connections = stream.dispatched().connections;
    (stream.underway() ? underway : queued).push_back(run);
  }
  const size_t at_once =
      std::min(streams_.size(), std::max(options_.parallel_streams, underway.size()));
  RunAdmission::Job admitted(options_.admission, limits);
  admitted.Add(std::move(queued), underway);
  std::vector<std::thread> others;
  for (size_t i = 1; i < at_once; ++i)
    others.emplace_back(telemetry::InContext([&] { Work(admitted); }));
  Work(admitted);
  for (std::thread& thread : others) thread.join();
  return leave_.stop_requested() ? Left() : absl::OkStatus();
}

void JobRunner::Work(RunAdmission::Job& admitted) {
  while (const std::optional<RunAdmission::Grant> grant = admitted.Next(hurry_.get_token())) {
    if (leave_.stop_requested()) return;
    StreamRunner& stream = *streams_[grant->run];
    telemetry::Log(telemetry::LogSeverity::kInfo, "stream run starts",
                   {{"stream", stream.run().stream()},
                    {"run_id", stream.run().run_id()},
                    {"why", grant->reason}});
    if (!stream.Run(grant->connections).ok()) leave_.request_stop();
    admitted.End(*grant);
  }
}

absl::Status JobRunner::End(const absl::Status& failure) {
  std::vector<v1::StreamRunState> states;
  for (const v1::StreamRun& run : ended_before_) states.push_back(run.state());
  for (const auto& stream : streams_) states.push_back(stream->run().state());
  const bool stopped = options_.dispatch.stop.stop_requested();
  const absl::Status cause = stopped ? options_.dispatch.StopCause() : absl::OkStatus();
  const bool by_user = ReasonOf(cause) == Reason::kStopped;
  job_.set_state(PlanJobState(states, by_user));
  absl::Status told = failure;
  if (ReasonOf(failure) == Reason::kStopped && stopped) told = cause;
  if (failure.ok() && stopped && !by_user && job_.state() == v1::JOB_STATE_FAILED) told = cause;
  if (!told.ok()) {
    job_.set_state(ReasonOf(told) == Reason::kStopped && stopped ? v1::JOB_STATE_CANCELLED
                                                                 : v1::JOB_STATE_FAILED);
    *job_.mutable_error() = ErrorOf(told);
    options_.recorder->Log(FailureLine("", job_.error()));
    if (job_.state() == v1::JOB_STATE_FAILED) telemetry::CountError(told, options_.metrics);
  }
  *job_.mutable_ended_at() = rpc::ToTimestamp(absl::Now());
  const std::string state = LabelOf(job_.state());
  options_.metrics->Add(telemetry::Metric::kSchedulerJobs, {job_.integration(), state}, 1);
  options_.metrics->Observe(telemetry::Metric::kSchedulerJobSeconds, {state}, SecondsOf(job_));
  return options_.recorder->EndJob(job_);
}

}  // namespace lockstitch::scheduler

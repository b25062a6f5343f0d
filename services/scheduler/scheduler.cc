#include "services/scheduler/scheduler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "rpc/random_id.h"
#include "schema/destination_names.h"
#include "services/scheduler/event_recorder.h"
#include "services/scheduler/named_files.h"
#include "services/scheduler/selection.h"
#include "services/scheduler/validation.h"
#include "services/scheduler/verification_run.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr size_t kDefaultDifferences = 10;
constexpr size_t kMostDifferences = 1'000;

// 0 where neither the request nor the integration says how many may run at once.
size_t ParallelStreamsOf(const v1::RunOnceRequest& request) {
  return request.max_parallel_streams() > 0 ? request.max_parallel_streams()
                                            : request.integration().max_parallel_streams();
}

}  // namespace

Scheduler::Scheduler(const Options& options)
    : options_(options),
      admission_(options.max_runs),
      watch_(options.metrics),
      runner_({.discovery = options.discovery,
               .admission = &admission_,
               .watch = &watch_,
               .metrics = options.metrics,
               .dispatch = {.extractor = options.extractor,
                            .loader = options.loader,
                            .progress_deadline = options.progress_deadline},
               .parallel_streams = options.max_parallel_streams}),
      sampling_(options.metrics->Sample([this] { Sample(); })) {
  options_.metrics->Set(telemetry::Metric::kSchedulerStreamRunsLimit, {},
                        static_cast<double>(options_.max_runs));
}

void Scheduler::Sample() {
  const RunAdmission::Standing standing = admission_.Count();
  options_.metrics->Set(telemetry::Metric::kSchedulerQueueStreamRuns, {"queued"},
                        static_cast<double>(standing.queued));
  options_.metrics->Set(telemetry::Metric::kSchedulerConnectionsGranted, {},
                        static_cast<double>(standing.connections));
}

absl::Status Scheduler::RunOnce(const v1::RunOnceRequest& request,
                                const std::function<void(const v1::JobEvent&)>& listener,
                                std::stop_token stop) {
  if (stop_.stop_requested()) return Error(Reason::kShuttingDown, "the scheduler is shutting down");
  if (const auto problems = TestIntegration(request.integration()); !problems.empty())
    return Error(Reason::kIntegrationInvalid, absl::StrJoin(problems, "; "));
  RETURN_IF_ERROR(TestNamedFiles(request.integration()));
  std::stop_source either;
  const std::stop_callback by_caller(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  OpenJob open = {.integration = request.integration()};
  open.job.set_job_id(rpc::RandomId());
  open.job.set_integration(request.integration().name());
  open.job.set_state(v1::JOB_STATE_PENDING);
  EventRecorder recorder(listener);
  JobRunner::Options runner = runner_;
  runner.recorder = &recorder;
  runner.dispatch.stop = either.get_token();
  if (const size_t streams = ParallelStreamsOf(request); streams > 0)
    runner.parallel_streams = streams;
  runner.reset = request.reset();
  if (request.verify()) {
    runner.verifier = {.source = options_.source_checksums,
                       .destination = options_.destination_checksums,
                       .progress_deadline = options_.progress_deadline,
                       .stop = either.get_token()};
  }
  JobRunner(open, runner).Run();
  return absl::OkStatus();
}

v1::ValidateIntegrationResponse Scheduler::ValidateIntegration(
    const v1::Integration& integration) const {
  return Validate(integration, *options_.discovery, *options_.loader);
}

absl::Status Scheduler::Verify(const v1::VerifyRequest& request,
                               const std::function<void(const v1::VerifyResponse&)>& listener,
                               std::stop_token stop) {
  if (stop_.stop_requested()) return Error(Reason::kShuttingDown, "the scheduler is shutting down");
  if (const auto problems = TestIntegration(request.integration()); !problems.empty())
    return Error(Reason::kIntegrationInvalid, absl::StrJoin(problems, "; "));
  RETURN_IF_ERROR(TestNamedFiles(request.integration()));
  std::stop_source either;
  const std::stop_callback by_caller(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  const size_t asked = request.max_parallel_streams(), told = request.max_differences();
  VerificationRun run(request.integration(),
                      {.discovery = options_.discovery,
                       .loader = options_.loader,
                       .verifier = {.source = options_.source_checksums,
                                    .destination = options_.destination_checksums,
                                    .progress_deadline = options_.progress_deadline,
                                    .stop = either.get_token(),
                                    .max_differences = told > 0 ? std::min(told, kMostDifferences)
                                                                : kDefaultDifferences,
                                    .show_values = request.show_values()},
                       .parallel_streams = asked > 0 ? asked : options_.max_parallel_streams},
                      listener);
  return run.Run();
}

absl::StatusOr<v1::ForgottenIntegration> Scheduler::ForgetIntegration(
    const v1::SchedulerServiceForgetIntegrationRequest& request) const {
  const v1::Integration& integration = request.integration();
  if (const absl::Status name = schema::DestinationSchema(integration.name()).status(); !name.ok())
    return Error(Reason::kIntegrationInvalid, name.message());
  if (!integration.destination().has_postgres())
    return Error(Reason::kIntegrationInvalid, "destination.postgres is missing");
  RETURN_IF_ERROR(TestNamedFiles(integration));
  v1::ForgetIntegrationRequest forget;
  *forget.mutable_destination() = integration.destination();
  forget.set_integration(integration.name());
  forget.set_integration_uid(integration.uid());
  forget.set_drop_tables(request.drop_tables());
  forget.set_dry_run(request.dry_run());
  ASSIGN_OR_RETURN(v1::ForgetIntegrationResponse response,
                   options_.loader->ForgetIntegration(forget, stop_.get_token()));
  return std::move(*response.mutable_forgotten());
}

}  // namespace lockstitch::scheduler

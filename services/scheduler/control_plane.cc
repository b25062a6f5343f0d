#include "services/scheduler/control_plane.h"

#include <utility>

#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

JobRunner::Options RunnerOf(const Scheduler& scheduler, absl::Duration grace,
                            ExtractorDirectory* extractors) {
  JobRunner::Options runner = scheduler.runner();
  runner.dispatch.keeping = {.grace = grace, .extractors = extractors};
  return runner;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlPlane>> ControlPlane::Open(const Options& options,
                                                                 const Scheduler& scheduler) {
  ASSIGN_OR_RETURN(SecretBox secrets, SecretBox::Open(options.secret_keys));
  ASSIGN_OR_RETURN(std::unique_ptr<Catalog> catalog, Catalog::Open(options.catalog));
  return std::unique_ptr<ControlPlane>(
      new ControlPlane(options, scheduler, std::move(secrets), std::move(catalog)));
}

ControlPlane::ControlPlane(const Options& options, const Scheduler& scheduler, SecretBox secrets,
                           std::unique_ptr<Catalog> catalog)
    : secrets_(std::move(secrets)),
      catalog_(std::move(catalog)),
      sender_(options.webhooks),
      extractors_({.tls = options.tls, .metrics = scheduler.runner().metrics}),
      control_({.catalog = catalog_.get(),
                .secrets = &secrets_,
                .discovery = scheduler.runner().discovery,
                .loader = scheduler.runner().dispatch.loader}),
      step_limit_(options.step_limit),
      candidate_({.catalog = catalog_.get(),
                  .secrets = &secrets_,
                  .sender = &sender_,
                  .metrics = scheduler.runner().metrics,
                  .steps = &steps_,
                  .runner = RunnerOf(scheduler, options.grace, &extractors_),
                  .most_jobs = options.most_jobs,
                  .retention = options.retention}) {}

void ControlPlane::Stop() {
  control_.Stop();
  candidate_.Stop();
}

}  // namespace lockstitch::scheduler

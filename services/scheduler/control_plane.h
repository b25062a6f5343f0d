#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PLANE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PLANE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "rpc/tls.h"
#include "services/scheduler/candidate.h"
#include "services/scheduler/control/control.h"
#include "services/scheduler/extractor_directory.h"
#include "services/scheduler/notification/webhook_sender.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/step_watch.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// What a scheduler with a catalog does besides jobs that are kept nowhere: it serves the API of
// what the catalog keeps, and stands for the leadership of its jobs, from construction to Stop.
class ControlPlane {
 public:
  struct Options {
    v1::PostgresConnection catalog;
    std::string secret_keys;                          // The file of SecretBox::Open.
    size_t most_jobs = 100;                           // At once, of the catalog's.
    absl::Duration retention = absl::Hours(24 * 60);  // Of ended jobs.
    absl::Duration grace = absl::Minutes(10);  // How long runs go on while no scheduler follows.
    absl::Duration step_limit = absl::Minutes(10);  // Of a step of the leader; see alive.
    WebhookSender::Options webhooks;
    const rpc::Tls* tls = nullptr;  // For going on with runs at their extractors.
  };

  // `scheduler` has the options that jobs are run with; it must outlive the control plane. Errors
  // of Catalog::Open and SecretBox::Open.
  static absl::StatusOr<std::unique_ptr<ControlPlane>> Open(const Options& options,
                                                            const Scheduler& scheduler);

  const Control& control() const { return control_; }

  // Whether the leader's loop gets on: its statements are limited, so that one that has been at a
  // step for longer than the limit never will, while its leadership keeps others from leading.
  bool alive() const { return steps_.age() < step_limit_; }

  // Gives the leadership back, and leaves jobs under way to the next leader; ends calls that watch.
  void Stop();

 private:
  ControlPlane(const Options& options, const Scheduler& scheduler, SecretBox secrets,
               std::unique_ptr<Catalog> catalog);

  const SecretBox secrets_;
  const std::unique_ptr<Catalog> catalog_;
  const WebhookSender sender_;
  ExtractorDirectory extractors_;
  Control control_;
  const absl::Duration step_limit_;
  StepWatch steps_;
  Candidate candidate_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PLANE_H_

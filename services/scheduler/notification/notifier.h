#ifndef LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFIER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFIER_H_

#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/scheduler/notification/webhook_sender.h"
#include "services/scheduler/store/leader_store.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// Sends what is due of a catalog's notifications; the leader alone does. Each is tried up to six
// times within an hour and a half; at least once: one that was accepted just before the leader died
// is sent again, with the same number.
class Notifier {
 public:
  // The pointers must outlive it.
  struct Options {
    const LeaderStore* store = nullptr;
    const WebhookSender* sender = nullptr;
    telemetry::Metrics* metrics = nullptr;
    absl::Duration interval = absl::Seconds(1);  // Between looks.
  };

  explicit Notifier(const Options& options) : options_(options) {}

  // In the caller's thread, until `stop`. A catalog that is away is waited for.
  void Run(std::stop_token stop) const;

  // One look; answers whether there may be more to send. Errors of the catalog.
  absl::StatusOr<bool> SendDue(std::stop_token stop) const;

 private:
  const Options options_;
};

// How long after its attempt `attempts` a notification is tried again; InfiniteDuration after the
// last one.
absl::Duration WaitAfterAttempt(int attempts);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFIER_H_

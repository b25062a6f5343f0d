#ifndef LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFIER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFIER_H_

#include <cstdint>
#include <set>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "services/scheduler/notification/webhook_sender.h"
#include "services/scheduler/store/leader_store.h"
#include "telemetry/metrics.h"

namespace lockstitch::scheduler {

// Sends what is due of a catalog's notifications; the leader alone does. Each is tried up to six
// times within about an hour and a half; at least once: one that was accepted just before the
// leader died is sent again, with the same number. Several integrations have their turn at once, so
// that a receiver that is slow holds up its own alone, and where it fails slowly, what else is due
// to it counts as tried.
class Notifier {
 public:
  // The pointers must outlive it.
  struct Options {
    const LeaderStore* store = nullptr;
    const WebhookSender* sender = nullptr;
    telemetry::Metrics* metrics = nullptr;
    absl::Duration interval = absl::Seconds(1);  // Between looks where nothing is due.
    absl::Duration patience = absl::Seconds(5);  // A failure that takes longer is a slow one.
    absl::Duration turn = absl::Seconds(30);     // What is left then waits for the next turn.
    int senders = 8;                             // Integrations at once.
  };

  explicit Notifier(const Options& options) : options_(options) {}

  // Until `stop`. A catalog that is away is waited for.
  void Run(std::stop_token stop);

 private:
  // Turns until `stop`.
  void Send(std::stop_token stop);
  // Waits for what is due to an integration that has no turn yet, and gives it one.
  std::vector<DueNotification> Take(std::stop_token stop) ABSL_LOCKS_EXCLUDED(looking_);
  // One turn. Errors of the catalog.
  absl::Status SendAll(const std::vector<DueNotification>& due, std::stop_token stop) const;
  // Writes how an attempt ended.
  absl::Status EndAttempt(const DueNotification& due, const absl::Status& posted) const;

  const Options options_;
  absl::Mutex looking_;  // Held by the one who looks: the others wait for what comes after it.
  absl::Mutex mutex_;
  std::set<int64_t> busy_ ABSL_GUARDED_BY(mutex_);  // Integrations that have their turn.
};

// How long after its attempt `attempts` a notification is tried again; InfiniteDuration after the
// last one.
absl::Duration WaitAfterAttempt(int attempts);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_NOTIFIER_H_

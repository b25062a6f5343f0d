#include "services/scheduler/notification/notifier.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/retry.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::Metric;

constexpr int kAtOnce = 20;

std::string Outcome(const absl::Status& posted, bool last) {
  if (posted.ok()) return "accepted";
  return last ? "given_up" : "put_off";
}

}  // namespace

absl::Duration WaitAfterAttempt(int attempts) {
  static constexpr int kSeconds[] = {10, 60, 300, 900, 3'600};
  if (attempts > static_cast<int>(std::size(kSeconds))) return absl::InfiniteDuration();
  return absl::Seconds(kSeconds[attempts - 1]);
}

void Notifier::Run(std::stop_token stop) const {
  const rpc::RetryPolicy looks = {.first = options_.interval, .most = options_.interval};
  for (int look = 1; rpc::WaitBeforeAttempt(looks, look, stop); ++look) {
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more && !stop.stop_requested()) more = SendDue(stop);
    if (!more.ok() && !stop.stop_requested())
      telemetry::LogError("notifications wait for the catalog", more.status());
  }
}

absl::StatusOr<bool> Notifier::SendDue(std::stop_token stop) const {
  ASSIGN_OR_RETURN(const std::vector<DueNotification> due,
                   options_.store->ReadDueNotifications(absl::Now(), kAtOnce));
  for (const DueNotification& each : due) {
    const absl::Status posted =
        each.webhook.url().empty()
            ? Error(Reason::kSecretKeyUnknown, "the webhook's secrets can't be decrypted")
            : options_.sender->Post(each.webhook, each.number, each.body, stop);
    // Of what was given up in the middle nothing is known: it comes again.
    if (ReasonOf(posted) == Reason::kStopped) return false;
    const absl::Duration wait = WaitAfterAttempt(each.attempts + 1);
    const bool last = wait == absl::InfiniteDuration();
    std::optional<absl::Time> next;
    if (!posted.ok() && !last) next = absl::Now() + wait;
    options_.metrics->Add(Metric::kSchedulerNotifications, {Outcome(posted, last)}, 1);
    if (!posted.ok()) {
      telemetry::LogError(last ? "a webhook was given up" : "a webhook is tried again later",
                          posted,
                          {{"integration", each.integration},
                           {"notification", absl::StrCat(each.number)},
                           {"attempt", absl::StrCat(each.attempts + 1)}});
    }
    RETURN_IF_ERROR(options_.store->EndAttempt(each.number, next,
                                               posted.ok() ? "" : std::string(posted.message())));
  }
  return static_cast<int>(due.size()) == kAtOnce;
}

}  // namespace lockstitch::scheduler

#include "services/scheduler/notification/notifier.h"

#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>

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

// Of one integration.
constexpr int kAtOnce = 1'000;

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

void Notifier::Run(std::stop_token stop) {
  std::vector<std::thread> senders;
  for (int i = 0; i < options_.senders; ++i) senders.emplace_back([&] { Send(stop); });
  for (std::thread& sender : senders) sender.join();
}

void Notifier::Send(std::stop_token stop) {
  const rpc::RetryPolicy pause = {.first = options_.interval, .most = options_.interval};
  while (!stop.stop_requested()) {
    const std::vector<DueNotification> due = Take(stop);
    if (due.empty()) continue;
    const absl::Status sent = SendAll(due, stop);
    if (!sent.ok() && !stop.stop_requested()) {
      telemetry::LogError("notifications wait for the catalog", sent);
      rpc::WaitBeforeAttempt(pause, 2, stop);
    }
    absl::MutexLock lock(&mutex_);
    busy_.erase(due.front().integration_key);
  }
}

std::vector<DueNotification> Notifier::Take(std::stop_token stop) {
  const rpc::RetryPolicy looks = {.first = options_.interval, .most = options_.interval};
  absl::MutexLock looking(&looking_);
  for (int look = 1; rpc::WaitBeforeAttempt(looks, look, stop); ++look) {
    std::set<int64_t> busy;
    {
      absl::MutexLock lock(&mutex_);
      busy = busy_;
    }
    absl::StatusOr<std::vector<DueNotification>> due =
        options_.store->ReadDueNotifications(absl::Now(), kAtOnce, busy);
    if (!due.ok()) {
      telemetry::LogError("notifications wait for the catalog", due.status());
    } else if (!due->empty()) {
      absl::MutexLock lock(&mutex_);
      busy_.insert(due->front().integration_key);
      return *std::move(due);
    }
  }
  return {};
}

absl::Status Notifier::SendAll(const std::vector<DueNotification>& due,
                               std::stop_token stop) const {
  const absl::Time end = absl::Now() + options_.turn;
  std::map<std::string, absl::Status> slow;  // What receivers failed with, by their URLs.
  for (const DueNotification& each : due) {
    if (const auto failed = slow.find(each.webhook.url()); failed != slow.end()) {
      RETURN_IF_ERROR(EndAttempt(each, failed->second));
      continue;
    }
    const absl::Time begin = absl::Now();
    if (begin >= end) return absl::OkStatus();
    const absl::Status posted =
        each.webhook.url().empty()
            ? Error(Reason::kSecretKeyUnknown, "the webhook's secrets can't be decrypted")
            : options_.sender->Post(each.webhook, each.number, each.body, stop);
    // Of what was given up in the middle nothing is known: it comes again.
    if (ReasonOf(posted) == Reason::kStopped) return absl::OkStatus();
    RETURN_IF_ERROR(EndAttempt(each, posted));
    if (!posted.ok() && absl::Now() - begin > options_.patience) slow[each.webhook.url()] = posted;
  }
  return absl::OkStatus();
}

absl::Status Notifier::EndAttempt(const DueNotification& due, const absl::Status& posted) const {
  const absl::Duration wait = WaitAfterAttempt(due.attempts + 1);
  const bool last = wait == absl::InfiniteDuration();
  std::optional<absl::Time> next;
  if (!posted.ok() && !last) next = absl::Now() + wait;
  options_.metrics->Add(Metric::kSchedulerNotifications, {Outcome(posted, last)}, 1);
  if (!posted.ok()) {
    telemetry::LogError(last ? "a webhook was given up" : "a webhook is tried again later", posted,
                        {{"integration", due.integration},
                         {"notification", absl::StrCat(due.number)},
                         {"attempt", absl::StrCat(due.attempts + 1)}});
  }
  return options_.store->EndAttempt(due.number, next,
                                    posted.ok() ? "" : std::string(posted.message()));
}

}  // namespace lockstitch::scheduler

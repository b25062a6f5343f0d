#ifndef LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_WEBHOOK_SENDER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_WEBHOOK_SENDER_H_

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// Posts notifications by HTTPS. Thread-safe.
class WebhookSender {
 public:
  struct Options {
    absl::Duration timeout = absl::Seconds(30);  // Of a whole request.
    std::string root_certificate_file;           // PEM; empty: the system's authorities.
  };

  explicit WebhookSender(const Options& options) : options_(options) {}

  // OK if the receiver answered 2xx within the timeout. The body is signed where the webhook has a
  // key: see Signature. `number` tells repeated attempts. Redirects aren't followed.
  // WEBHOOK_NOT_ACCEPTED, without the URL, which may hold a secret; STOPPED.
  absl::Status Post(const v1::Webhook& webhook, int64_t number, const std::string& body,
                    std::stop_token stop) const;

 private:
  const Options options_;
};

// `t=SECONDS,v1=HEX`: HMAC-SHA256 by `key` of the text `SECONDS.BODY`, so that a receiver can tell
// who sent it and when.
std::string Signature(absl::string_view key, absl::Time time, absl::string_view body);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_NOTIFICATION_WEBHOOK_SENDER_H_

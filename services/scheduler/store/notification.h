#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_NOTIFICATION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_NOTIFICATION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "lockstitch/v1/integration.pb.h"
#include "services/scheduler/secrets/secret_box.h"

namespace lockstitch::scheduler {

// A webhook as lockstitch.notifications keeps it.
std::string SealWebhook(const v1::Webhook& webhook, const std::string& job_id,
                        const SecretBox& secrets);
// An empty one if it can't be decrypted.
v1::Webhook UnsealWebhook(absl::string_view sealed, const std::string& job_id,
                          const SecretBox& secrets);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_NOTIFICATION_H_

#include "services/scheduler/store/notification.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace lockstitch::scheduler {
namespace {

std::string ContextOf(const std::string& job_id) { return absl::StrCat("webhook of job ", job_id); }

}  // namespace

std::string SealWebhook(const v1::Webhook& webhook, const std::string& job_id,
                        const SecretBox& secrets) {
  return secrets.Seal(webhook.SerializeAsString(), ContextOf(job_id));
}

v1::Webhook UnsealWebhook(absl::string_view sealed, const std::string& job_id,
                          const SecretBox& secrets) {
  v1::Webhook webhook;
  const absl::StatusOr<std::string> opened = secrets.Unseal(sealed, ContextOf(job_id));
  if (!opened.ok() || !webhook.ParseFromString(*opened)) webhook.Clear();
  return webhook;
}

}  // namespace lockstitch::scheduler

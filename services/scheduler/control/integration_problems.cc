#include "services/scheduler/control/integration_problems.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/scheduler/named_files.h"
#include "services/scheduler/schedule/rule.h"
#include "services/scheduler/selection.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kMostWebhooks = 10;
constexpr uint64_t kMostRows = std::numeric_limits<int64_t>::max();  // A bigint of the catalog.

// Webhooks are told by their places: their URLs may hold secrets.
void AddWebhooks(const v1::Integration& integration, std::vector<absl::Status>* problems) {
  if (integration.webhooks_size() > kMostWebhooks) {
    problems->push_back(Error(
        Reason::kIntegrationInvalid,
        absl::StrCat("webhooks: ", integration.webhooks_size(), " of at most ", kMostWebhooks)));
  }
  for (int i = 0; i < integration.webhooks_size(); ++i) {
    const std::string& url = integration.webhooks(i).url();
    if (absl::StartsWith(url, "https://") && url.size() > absl::string_view("https://").size())
      continue;
    problems->push_back(Error(Reason::kIntegrationInvalid,
                              absl::StrCat("webhooks[", i, "].url is no https:// URL")));
  }
}

}  // namespace

std::vector<absl::Status> ProblemsOf(const v1::Integration& integration) {
  std::vector<absl::Status> problems;
  for (const std::string& problem : TestIntegration(integration))
    problems.push_back(Error(Reason::kIntegrationInvalid, problem));
  if (absl::Status files = TestNamedFiles(integration); !files.ok())
    problems.push_back(std::move(files));
  if (const auto rule = RuleOf(integration.schedule()); !rule.ok())
    problems.push_back(rule.status());
  AddWebhooks(integration, &problems);
  if (integration.has_quota() && integration.quota().rows_per_month() == 0) {
    problems.push_back(
        Error(Reason::kIntegrationInvalid, "quota.rows_per_month must be at least 1"));
  }
  if (integration.quota().rows_per_month() > kMostRows) {
    problems.push_back(Error(Reason::kIntegrationInvalid,
                             absl::StrCat("quota.rows_per_month must be at most ", kMostRows)));
  }
  if (integration.has_job_time_limit() && integration.job_time_limit().seconds() < 1) {
    problems.push_back(
        Error(Reason::kIntegrationInvalid, "job_time_limit must be at least a second"));
  }
  return problems;
}

absl::Status Together(absl::Span<const absl::Status> problems) {
  if (problems.empty()) return absl::OkStatus();
  return WithMessage(problems.front(),
                     absl::StrJoin(problems, "; ", [](std::string* out, const absl::Status& each) {
                       absl::StrAppend(out, each.message());
                     }));
}

}  // namespace lockstitch::scheduler

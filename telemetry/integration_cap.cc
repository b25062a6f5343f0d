#include "telemetry/integration_cap.h"

#include "absl/strings/str_cat.h"
#include "telemetry/log.h"

namespace lockstitch::telemetry {

bool IsByIntegration(Metric metric) {
  const MetricInfo& info = InfoOf(metric);
  return !info.labels.empty() && info.labels.front() == kIntegrationLabel;
}

bool IntegrationCap::Admit(const std::string& integration) {
  absl::MutexLock lock(&mutex_);
  if (admitted_.count(integration) > 0) return true;
  if (admitted_.size() < kMostIntegrations) {
    admitted_.insert(integration);
    return true;
  }
  if (!told_) {
    Log(LogSeverity::kWarning, "more integrations than have metrics of their own",
        {{"integration", integration},
         {"most", absl::StrCat(kMostIntegrations)},
         {"counted_under", std::string(kOthers)}});
  }
  told_ = true;
  return false;
}

LabelValues IntegrationCap::Capped(Metric metric, LabelValues labels) {
  if (IsByIntegration(metric) && !Admit(labels.front())) labels.front() = std::string(kOthers);
  return labels;
}

}  // namespace lockstitch::telemetry

#include "absl/strings/str_cat.h"
#include "services/scheduler/selection.h"
#include "services/scheduler/store/integration_store.h"

namespace lockstitch::scheduler {
namespace {

// Takes every stream away.
constexpr absl::string_view kNoStream = "!*.*";

std::string Minute(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

std::string WhyFailed(const v1::Job& job) {
  if (job.has_error()) return job.error().message();
  return absl::StrCat(job.streams_failed(), " of ", job.streams(),
                      " streams failed in its last job");
}

std::string WhyPending(const KeptIntegration& integration) {
  if (integration.next_slot)
    return absl::StrCat("its next job is due at ", Minute(*integration.next_slot));
  if (integration.integration.schedule().manual()) return "its jobs are started by hand alone";
  return "its next job is not planned yet, or its schedule has ended";
}

}  // namespace

bool IsConfigured(const v1::Integration& integration) {
  if (SelectsByName(integration)) return true;
  const auto& patterns = integration.selection().patterns();
  return patterns.empty() || *patterns.rbegin() != kNoStream;
}

// IntegrationStore::List decides the state alike.
Standing StandingOf(const KeptIntegration& integration) {
  const bool deleting = integration.deleting_at.has_value();
  const v1::JobState job = integration.last_job.value_or(v1::Job()).state();
  if (job == v1::JOB_STATE_PENDING || job == v1::JOB_STATE_RUNNING) {
    return {v1::INTEGRATION_STATE_IN_PROGRESS, deleting ? "it is deleted once its job has stopped"
                                               : job == v1::JOB_STATE_PENDING
                                                   ? "its job is about to start"
                                                   : "its job runs"};
  }
  if (!IsConfigured(integration.integration))
    return {v1::INTEGRATION_STATE_NOT_CONFIGURED, "it selects no stream"};
  if (deleting) return {v1::INTEGRATION_STATE_PAUSED, "it is being deleted"};
  if (integration.paused_at) {
    return {v1::INTEGRATION_STATE_PAUSED,
            absl::StrCat("it was paused at ", Minute(*integration.paused_at))};
  }
  if (job == v1::JOB_STATE_FAILED)
    return {v1::INTEGRATION_STATE_FAILED, WhyFailed(*integration.last_job)};
  return {v1::INTEGRATION_STATE_PENDING, WhyPending(integration)};
}

}  // namespace lockstitch::scheduler

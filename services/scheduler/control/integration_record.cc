#include "services/scheduler/control/integration_record.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rpc/timestamp.h"
#include "services/scheduler/control/resource_name.h"
#include "services/scheduler/schedule/rule.h"
#include "services/scheduler/secrets/integration_secrets.h"
#include "status/reason.h"

namespace lockstitch::scheduler {

v1::IntegrationRecord RecordOf(const KeptIntegration& kept) {
  v1::IntegrationRecord record;
  record.set_name(IntegrationResource(kept.id));
  record.set_uid(kept.uid);
  record.set_etag(absl::StrCat(kept.revision));
  *record.mutable_integration() = Split(kept.integration).shown;
  *record.mutable_created_at() = rpc::ToTimestamp(kept.created_at);
  *record.mutable_updated_at() = rpc::ToTimestamp(kept.updated_at);
  if (kept.paused_at) *record.mutable_paused_at() = rpc::ToTimestamp(*kept.paused_at);
  const Standing standing = StandingOf(kept);
  record.set_state(standing.state);
  record.set_state_reason(standing.reason);
  const absl::Status rule = RuleOf(kept.integration.schedule()).status();
  if (standing.state == v1::INTEGRATION_STATE_PENDING && !rule.ok()) {
    record.set_state_reason(absl::StrCat(
        "no job starts by its schedule, which this scheduler can't read: ", rule.message()));
  }
  const bool waits = !kept.paused_at && !kept.deleting_at && IsConfigured(kept.integration);
  if (waits && kept.next_slot) *record.mutable_next_run_at() = rpc::ToTimestamp(*kept.next_slot);
  if (kept.last_job) *record.mutable_last_job() = *kept.last_job;
  return record;
}

absl::StatusOr<std::optional<int64_t>> RevisionOf(const std::string& etag) {
  if (etag.empty()) return std::nullopt;
  int64_t revision = 0;
  if (absl::SimpleAtoi(etag, &revision)) return revision;
  return Error(Reason::kEtagMismatch, "the etag is none that this API has given");
}

}  // namespace lockstitch::scheduler

#include "services/scheduler/users/catalog_audit.h"

#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {

void CatalogAudit::Record(const access::AuditEntry& entry) {
  if (entry.principal.empty()) return;
  const absl::Status added =
      store_->Add({.principal = entry.principal,
                   .method = entry.method,
                   .resource = entry.resource,
                   .outcome = access::OutcomeOf(entry),
                   .reason = entry.status.ok() ? "" : Explain(entry.status).reason,
                   .peer = entry.peer});
  if (!added.ok())
    telemetry::LogError("an audit entry is in this log alone", added, {{"method", entry.method}});
}

}  // namespace lockstitch::scheduler

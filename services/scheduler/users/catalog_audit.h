#ifndef LOCKSTITCH_SERVICES_SCHEDULER_USERS_CATALOG_AUDIT_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_USERS_CATALOG_AUDIT_H_

#include "access/audit.h"
#include "services/scheduler/store/audit_store.h"

namespace lockstitch::scheduler {

// Keeps the audit log in the catalog: what users have changed, and what users who are known were
// refused. Who isn't known fills no catalog: those refusals are in the process's log alone, and so
// is what the catalog doesn't take. Thread-safe.
class CatalogAudit final : public access::AuditSink {
 public:
  // The store must outlive it.
  explicit CatalogAudit(const AuditStore* store) : store_(store) {}

  void Record(const access::AuditEntry& entry) override;

 private:
  const AuditStore* store_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_USERS_CATALOG_AUDIT_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_AUDIT_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_AUDIT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// One entry of the audit log, as in v1::AuditEntry.
struct KeptAuditEntry {
  int64_t number = 0;
  absl::Time time;
  std::string principal;
  std::string method;
  std::string resource;
  std::string outcome;
  std::string reason;
  std::string peer;
};

// The audit log that a catalog keeps; the leader prunes it with ended jobs. Thread-safe.
class AuditStore {
 public:
  // The catalog must outlive it.
  explicit AuditStore(Catalog* catalog) : catalog_(catalog) {}

  // Adds it; number and time are the catalog's.
  absl::Status Add(const KeptAuditEntry& entry) const;
  // The latest first; those before the number `before` (0: from the latest).
  absl::StatusOr<std::vector<KeptAuditEntry>> List(int64_t before, int limit) const;

 private:
  Catalog* catalog_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_AUDIT_STORE_H_

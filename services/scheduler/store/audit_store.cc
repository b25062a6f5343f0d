#include "services/scheduler/store/audit_store.h"

#include <limits>

#include "services/scheduler/store/column_value.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Result;

// $1 principal, $2 method, $3 resource, $4 outcome, $5 reason, $6 peer.
constexpr absl::string_view kAdd = R"sql(
INSERT INTO lockstitch.audit_entries (principal, method, resource, outcome, reason, peer)
VALUES ($1, $2, $3, $4, $5, $6))sql";

// $1 the number before which they come, $2 how many.
constexpr absl::string_view kList = R"sql(
SELECT number, time, principal, method, resource, outcome, reason, peer FROM lockstitch.audit_entries
WHERE number < $1 ORDER BY number DESC LIMIT $2)sql";

}  // namespace

absl::Status AuditStore::Add(const KeptAuditEntry& entry) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  return session->Execute(kAdd, {entry.principal, entry.method, entry.resource, entry.outcome,
                                 entry.reason, entry.peer});
}

absl::StatusOr<std::vector<KeptAuditEntry>> AuditStore::List(int64_t before, int limit) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  if (before == 0) before = std::numeric_limits<int64_t>::max();
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(kList, {NumberValue(before), NumberValue(limit)}));
  std::vector<KeptAuditEntry> entries;
  for (int row = 0; row < found.rows(); ++row) {
    entries.push_back({.number = found.Int(row, 0),
                       .time = TimeAt(found, row, 1).value_or(absl::UnixEpoch()),
                       .principal = found.String(row, 2),
                       .method = found.String(row, 3),
                       .resource = found.String(row, 4),
                       .outcome = found.String(row, 5),
                       .reason = found.String(row, 6),
                       .peer = found.String(row, 7)});
  }
  return entries;
}

}  // namespace lockstitch::scheduler

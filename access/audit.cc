#include "access/audit.h"

#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::access {

std::string OutcomeOf(const AuditEntry& entry) {
  return entry.refused ? "refused" : entry.status.ok() ? "ok" : "failed";
}

void LogAudit(const AuditEntry& entry) {
  const std::string reason = entry.status.ok() ? "" : Explain(entry.status).reason;
  telemetry::Log(entry.refused ? telemetry::LogSeverity::kWarning : telemetry::LogSeverity::kInfo,
                 entry.refused ? "call refused" : "change",
                 {{"audit", "true"},
                  {"principal", entry.principal},
                  {"method", entry.method},
                  {"resource", entry.resource},
                  {"peer", entry.peer},
                  {"outcome", OutcomeOf(entry)},
                  {"reason", reason}});
}

}  // namespace lockstitch::access

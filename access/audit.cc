#include "access/audit.h"

#include "absl/strings/str_cat.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::access {

std::string OutcomeOf(const AuditEntry& entry) {
  return entry.refused ? "refused" : entry.status.ok() ? "ok" : "failed";
}

void LogAudit(const AuditEntry& entry) {
  if (entry.untold > 0) {
    telemetry::Log(telemetry::LogSeverity::kWarning, "calls were refused that no line tells of",
                   {{"audit", "true"}, {"calls", absl::StrCat(entry.untold)}});
  }
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

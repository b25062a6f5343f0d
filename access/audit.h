#ifndef LOCKSTITCH_ACCESS_AUDIT_H_
#define LOCKSTITCH_ACCESS_AUDIT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace lockstitch::access {

// A call that was refused, or that a user has changed something by.
struct AuditEntry {
  std::string principal;  // As Principal.name; empty for who isn't known.
  std::string method;     // package.Service/Method
  std::string resource;   // What the request names; empty where it names nothing.
  std::string peer;       // The address that the call came from.
  bool refused = false;   // Nothing was done.
  absl::Status status;    // What was answered.
  int64_t untold = 0;     // Refusals before this one that were not told.
};

// One line of the log, with the field `audit`: a refusal is a warning, a change is information.
// Nothing else of the request is in it. Before it another one, if there were refusals without one.
void LogAudit(const AuditEntry& entry);

// `ok`, `failed` or `refused`.
std::string OutcomeOf(const AuditEntry& entry);

// Keeps entries. Thread-safe.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void Record(const AuditEntry& entry) = 0;
};

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_AUDIT_H_

#ifndef LOCKSTITCH_ACCESS_DECISION_H_
#define LOCKSTITCH_ACCESS_DECISION_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "access/principal.h"

namespace lockstitch::access {

// Whether `principal` may call `method` (package.Service/Method), by the table of rules.h alone.
// CALL_NOT_ALLOWED if not, and for methods that have no rule.
absl::Status Decide(absl::string_view method, const Principal& principal);

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_DECISION_H_

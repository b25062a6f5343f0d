#ifndef LOCKSTITCH_TELEMETRY_FAULT_H_
#define LOCKSTITCH_TELEMETRY_FAULT_H_

#include "absl/strings/string_view.h"
#include "status/reason.h"

namespace lockstitch::telemetry {

// Whose a failure is, the label of metrics: "user" where somebody has to change settings, rights or
// data, "system" where it passes by itself or is ours.
absl::string_view FaultOf(Reason reason);

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_FAULT_H_

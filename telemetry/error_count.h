#ifndef LOCKSTITCH_TELEMETRY_ERROR_COUNT_H_
#define LOCKSTITCH_TELEMETRY_ERROR_COUNT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "telemetry/metrics.h"

namespace lockstitch::telemetry {

// Whose the failure is, "user" or "system"; see FaultOf. Of one without a reason code it is ours.
absl::string_view FaultOf(const absl::Status& failure);

// In its place where nothing failed.
inline constexpr absl::string_view kNoFault = "none";

// Counts a failure by its reason and fault; of OK nothing.
void CountError(const absl::Status& status, Metrics* metrics);

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_ERROR_COUNT_H_

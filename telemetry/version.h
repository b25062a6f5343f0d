#ifndef LOCKSTITCH_TELEMETRY_VERSION_H_
#define LOCKSTITCH_TELEMETRY_VERSION_H_

#include "absl/strings/string_view.h"

namespace lockstitch::telemetry {

// Of the programs built from this tree.
inline constexpr absl::string_view kVersion = "0.1.0";

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_VERSION_H_

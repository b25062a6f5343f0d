#include "telemetry/fault.h"

namespace lockstitch::telemetry {

absl::string_view FaultOf(Reason reason) {
  switch (reason) {
    // Nobody tries these again, and no setting makes them go.
    case Reason::kLeadershipLost:
    case Reason::kCatalogWriteFailed:
    case Reason::kSuperseded:
    case Reason::kFenceReused:
    case Reason::kLoadNotBegun:
    case Reason::kRunAborted:
    case Reason::kRangeSuperseded:
    case Reason::kProtocolViolated:
    case Reason::kRunNotFound:
    case Reason::kPeerTooOld:
    case Reason::kVerifyDifferent:
    case Reason::kInternal:
      return "system";
    default:
      return InfoOf(reason).owner == Owner::kRetried ? "system" : "user";
  }
}

}  // namespace lockstitch::telemetry

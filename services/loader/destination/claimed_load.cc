#include "services/loader/destination/claimed_load.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {

absl::StatusOr<ClaimedLoad> LockRun(postgres::Connection& connection, const v1::Claim& claim) {
  ClaimedLoad found;
  std::vector<postgres::Result> answers;
  ASSIGN_OR_RETURN(found.state,
                   LockStream(connection, claim.target(), kStreamLockWait,
                              {AskForResult(claim.run_id()), AskForLoad(claim.fence())}, &answers));
  ASSIGN_OR_RETURN(found.result, ResultOf(claim.run_id(), answers[0]));
  ASSIGN_OR_RETURN(found.load, LoadOf(found.state, answers[1]));
  return found;
}

absl::StatusOr<ClaimedLoad> LockClaimedLoad(postgres::Connection& connection,
                                            const v1::Claim& claim) {
  ASSIGN_OR_RETURN(ClaimedLoad found, LockRun(connection, claim));
  if (found.result) {
    found.load.reset();
    return found;
  }
  RETURN_IF_ERROR(TestClaim(found.state, claim));
  if (!found.load || !found.load->open) {
    return Error(Reason::kLoadNotBegun, absl::StrCat("no load with fence ", claim.fence()));
  }
  if (found.load->extraction_id != claim.extraction_id()) {
    return Error(Reason::kFenceReused,
                 absl::StrCat("fence ", claim.fence(), " serves another extraction"));
  }
  return found;
}

}  // namespace lockstitch::loader

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CLAIMED_LOAD_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CLAIMED_LOAD_H_

#include <optional>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// What is known of a claim's run.
struct ClaimedLoad {
  StreamState state;
  std::optional<v1::LoadResult> result;  // The run has ended: this is its kept result.
  std::optional<LoadRecord> load;        // Which the claim's fence owns, if it has begun.
};

// Locks the stream's row until the caller's transaction ends, and reads. The claim isn't tested.
absl::StatusOr<ClaimedLoad> LockRun(postgres::Connection& connection, const v1::Claim& claim);

// The same, and tests the claim, the kept result before the fence: then exactly one of result and
// load is set, and the load is open and of the claim's extraction. SUPERSEDED; LOAD_NOT_BEGUN;
// FENCE_REUSED for another extraction's claim with the same fence.
absl::StatusOr<ClaimedLoad> LockClaimedLoad(postgres::Connection& connection,
                                            const v1::Claim& claim);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CLAIMED_LOAD_H_

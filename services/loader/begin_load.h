#ifndef LOCKSTITCH_SERVICES_LOADER_BEGIN_LOAD_H_
#define LOCKSTITCH_SERVICES_LOADER_BEGIN_LOAD_H_

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Ends what older loads of the stream still hold, then opens the load in one transaction under the
// stream's row, or answers again what it answered to the same extraction. FENCE_REUSED for another
// extraction with the same fence, SOURCE_CHANGED for another database than the last published load
// read.
absl::StatusOr<v1::BeginLoadResponse> OpenLoad(postgres::Connection& connection,
                                               const v1::BeginLoadRequest& request);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_BEGIN_LOAD_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_BEGIN_LOAD_H_
#define LOCKSTITCH_SERVICES_LOADER_BEGIN_LOAD_H_

#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

struct OpenOptions {
  absl::Time deadline;   // How long locks of the destination table are waited for, in all.
  std::stop_token stop;  // Of the loader.
};

// Ends what older loads of the stream still hold, then opens the load in one transaction under the
// stream's row, in which a destination table that stays is altered to what the load wants; or
// answers again what it answered to the same extraction. FENCE_REUSED for another extraction with
// the same fence; DESTINATION_TABLE_LOCKED; the errors of DecideEditedLoad and
// AlterTable.
absl::StatusOr<v1::BeginLoadResponse> OpenLoad(postgres::Connection& connection,
                                               const v1::BeginLoadRequest& request,
                                               const OpenOptions& options);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_BEGIN_LOAD_H_

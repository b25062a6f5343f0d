#ifndef LOCKSTITCH_SERVICES_LOADER_CHECKSUM_H_
#define LOCKSTITCH_SERVICES_LOADER_CHECKSUM_H_

#include "absl/status/status.h"
#include "lockstitch/v1/checksum.pb.h"
#include "postgres/session_pool.h"
#include "verification/table_reading.h"

namespace lockstitch::loader {

// Reads a destination's table in a read-only transaction.
absl::Status ReadDestination(const v1::ChecksumRequest& request,
                             const verification::ReadingOptions& options,
                             const verification::ChecksumSink& sink,
                             postgres::SessionPool& sessions);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_CHECKSUM_H_

#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_CHECKSUM_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_CHECKSUM_H_

#include "absl/status/status.h"
#include "lockstitch/v1/checksum.pb.h"
#include "postgres/session_pool.h"
#include "services/extractor/open_snapshots.h"
#include "verification/table_reading.h"

namespace lockstitch::extractor {

// Reads a source's table under a snapshot of its own, as an extraction would. Errors are those of
// Snapshot::Take and of the reading.
absl::Status ReadSource(const v1::ChecksumRequest& request,
                        const verification::ReadingOptions& options,
                        const verification::ChecksumSink& sink, postgres::SessionPool& sessions,
                        OpenSnapshots& snapshots);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_CHECKSUM_H_

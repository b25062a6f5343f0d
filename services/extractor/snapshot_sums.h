#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SNAPSHOT_SUMS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SNAPSHOT_SUMS_H_

#include <cstdint>
#include <map>

#include "absl/status/statusor.h"
#include "lockstitch/v1/batch.pb.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/extractor.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/extractor/source/snapshot.h"
#include "verification/table_reading.h"

namespace lockstitch::extractor {

// What the snapshot holds of a stream, as its destination should after the load: the sums of what
// was sent where that is all of it, else the stream is read once more.
absl::StatusOr<v1::RowSums> SumSnapshot(Snapshot& snapshot, const v1::ExtractOffer& offer,
                                        const v1::LoadPlan& plan,
                                        const std::map<uint32_t, v1::Extent>& sent,
                                        const verification::ReadingOptions& options);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SNAPSHOT_SUMS_H_

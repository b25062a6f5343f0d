#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_FANOUT_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_FANOUT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/session_pool.h"
#include "services/extractor/range_sender.h"
#include "services/extractor/source/load_reads.h"
#include "services/extractor/source/snapshot.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// What each range came to, by its number.
using Extents = std::map<uint32_t, v1::Extent>;

struct FanoutOptions {
  uint32_t sessions = 1;  // At most so many read at once.
  telemetry::Metrics* metrics = nullptr;
  std::stop_source stop;  // Ends what the sender does.
  // Another session under the shared snapshot.
  std::function<absl::StatusOr<postgres::SessionPool::Lease>()> join;
  std::function<void(const std::string&)> note;
};

// Sends the ranges, each by the next session that is free, the closing ones last; the first failure
// ends the others. A session that would have to wait for somebody's lock leaves its share to the
// rest, and so does one that the source ends: the range that it was at is read anew. The snapshot's
// own session is left to its owner.
absl::StatusOr<Extents> SendByAll(const RangeSender& sender, Snapshot& snapshot,
                                  const std::vector<RangeRead>& reads, FanoutOptions options);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_FANOUT_H_

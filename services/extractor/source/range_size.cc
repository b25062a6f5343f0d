#include "services/extractor/source/range_size.h"

#include <algorithm>

namespace lockstitch::extractor {
namespace {

// A range costs a call and two commits: of fewer bytes they would be felt.
constexpr int64_t kLeastBytes = int64_t{64} << 20;
constexpr int64_t kMostBytes = int64_t{512} << 20;
// The tail, in which fewer and fewer sessions have work, is a fourth of a session's share.
constexpr int64_t kRangesOfSession = 4;
constexpr int64_t kMostRanges = 512;

}  // namespace

int64_t RangeBytes(int64_t table_bytes, uint32_t sessions, uint32_t wanted) {
  if (wanted > 0) return std::max<int64_t>(1, (table_bytes + wanted - 1) / wanted);
  const int64_t even = sessions > 1 ? table_bytes / (kRangesOfSession * sessions) : table_bytes;
  return std::max(std::clamp(even, kLeastBytes, kMostBytes), table_bytes / kMostRanges);
}

uint32_t CountRanges(int64_t bytes, int64_t range_bytes) {
  return static_cast<uint32_t>(std::max<int64_t>(1, (bytes + range_bytes / 2) / range_bytes));
}

}  // namespace lockstitch::extractor

#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_RANGE_SIZE_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_RANGE_SIZE_H_

#include <cstdint>

namespace lockstitch::extractor {

// How many bytes each range of a full read of `table_bytes` is to hold: `wanted` ranges of them, or
// if that is 0, what leaves each of `sessions` sessions several, so that they end at about the same
// time, and no session one so large that a loader's end costs much. Pure; at least 1.
int64_t RangeBytes(int64_t table_bytes, uint32_t sessions, uint32_t wanted);

// How many ranges of about `range_bytes` so many bytes are; at least one.
uint32_t CountRanges(int64_t bytes, int64_t range_bytes);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_RANGE_SIZE_H_

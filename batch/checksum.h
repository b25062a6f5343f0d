#ifndef LOCKSTITCH_BATCH_CHECKSUM_H_
#define LOCKSTITCH_BATCH_CHECKSUM_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "lockstitch/v1/batch.pb.h"

namespace lockstitch::batch {

// XXH3, 64 bits, of a batch's or a row's bytes.
uint64_t Checksum(absl::string_view bytes);

// Folds the next checksum of an ordered sequence into the one before it: XXH3 over both,
// little-endian.
uint64_t Fold(uint64_t folded, uint64_t next);

// Adds a chunk to what its range holds so far.
void AddChunk(const v1::Extent& chunk, v1::Extent* range);

// Whether both hold the same: rows, bytes and both sums.
bool SameExtent(const v1::Extent& a, const v1::Extent& b);

}  // namespace lockstitch::batch

#endif  // LOCKSTITCH_BATCH_CHECKSUM_H_

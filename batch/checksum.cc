#include "batch/checksum.h"

#include <xxhash.h>

namespace lockstitch::batch {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Fold hashes the memory of its arguments");

uint64_t Checksum(absl::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t Fold(uint64_t folded, uint64_t next) {
  const uint64_t pair[] = {folded, next};
  return XXH3_64bits(pair, sizeof(pair));
}

void AddChunk(const v1::Extent& chunk, v1::Extent* range) {
  range->set_rows(range->rows() + chunk.rows());
  range->set_bytes(range->bytes() + chunk.bytes());
  range->set_checksum(Fold(range->checksum(), chunk.checksum()));
  range->set_row_sum(range->row_sum() + chunk.row_sum());
}

bool SameExtent(const v1::Extent& a, const v1::Extent& b) {
  return a.rows() == b.rows() && a.bytes() == b.bytes() && a.checksum() == b.checksum() &&
         a.row_sum() == b.row_sum();
}

}  // namespace lockstitch::batch

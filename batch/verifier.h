#ifndef LOCKSTITCH_BATCH_VERIFIER_H_
#define LOCKSTITCH_BATCH_VERIFIER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "lockstitch/v1/batch.pb.h"

namespace lockstitch::batch {

// Tests the batches of one Load call as they come in.
class Verifier {
 public:
  // BATCH_CORRUPT if a batch is missing, of an unknown format, or differs from its checksum.
  absl::Status Add(const v1::Batch& batch);

  // Ends a chunk: BATCH_CORRUPT unless the batches since the last end make up what `sent` says, and
  // end with a row. The row sum is the sender's word: rows aren't told apart here.
  absl::Status EndChunk(const v1::Extent& sent);

 private:
  uint64_t next_ = 0;
  bool ends_row_ = true;
  v1::Extent chunk_;
};

}  // namespace lockstitch::batch

#endif  // LOCKSTITCH_BATCH_VERIFIER_H_

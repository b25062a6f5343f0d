#include "batch/verifier.h"

#include "absl/strings/str_cat.h"
#include "batch/checksum.h"
#include "status/reason.h"

namespace lockstitch::batch {

absl::Status Verifier::Add(const v1::Batch& batch) {
  if (batch.format() != v1::BATCH_FORMAT_PG_COPY_BINARY) {
    return Error(Reason::kProtocolViolated,
                 absl::StrCat("batches of format ", batch.format(), " aren't known"));
  }
  if (batch.sequence() != next_) {
    return Error(Reason::kBatchCorrupt,
                 absl::StrCat("batch ", batch.sequence(), " came in place of ", next_));
  }
  if (batch.checksum() != Checksum(batch.data())) {
    return Error(Reason::kBatchCorrupt,
                 absl::StrCat("batch ", batch.sequence(), " differs from its checksum"));
  }
  ++next_;
  ends_row_ = batch.ends_row();
  chunk_.set_rows(chunk_.rows() + batch.rows());
  chunk_.set_bytes(chunk_.bytes() + batch.data().size());
  chunk_.set_checksum(Fold(chunk_.checksum(), batch.checksum()));
  return absl::OkStatus();
}

absl::Status Verifier::EndChunk(const v1::Extent& sent) {
  chunk_.set_row_sum(sent.row_sum());
  const bool whole = ends_row_ && SameExtent(chunk_, sent);
  if (!whole) {
    return Error(
        Reason::kBatchCorrupt,
        absl::StrCat("a chunk of ", sent.rows(), " rows and ", sent.bytes(), " bytes came in as ",
                     chunk_.rows(), " rows and ", chunk_.bytes(), " bytes"));
  }
  chunk_.Clear();
  return absl::OkStatus();
}

}  // namespace lockstitch::batch

#include "batch/builder.h"

#include <string>
#include <utility>

#include "batch/checksum.h"

namespace lockstitch::batch {

Builder::Builder(v1::Batch* batch, size_t bytes, std::function<bool()> send)
    : batch_(batch), bytes_(bytes), send_(std::move(send)) {
  batch_->set_format(v1::BATCH_FORMAT_PG_COPY_BINARY);
  batch_->mutable_data()->reserve(bytes_);
}

bool Builder::AddRow(absl::string_view row) {
  chunk_.set_rows(chunk_.rows() + 1);
  chunk_.set_bytes(chunk_.bytes() + row.size());
  chunk_.set_row_sum(chunk_.row_sum() + Checksum(row));
  std::string& data = *batch_->mutable_data();
  if (!data.empty() && data.size() + row.size() > bytes_ && !Send(/*ends_row=*/true)) return false;
  while (row.size() > bytes_) {
    data.append(row.data(), bytes_);
    row.remove_prefix(bytes_);
    if (!Send(/*ends_row=*/false)) return false;
  }
  data.append(row.data(), row.size());
  batch_->set_rows(batch_->rows() + 1);
  return true;
}

bool Builder::EndChunk(v1::Extent* chunk) {
  if (!batch_->data().empty() && !Send(/*ends_row=*/true)) return false;
  *chunk = std::exchange(chunk_, v1::Extent());
  return true;
}

bool Builder::Send(bool ends_row) {
  batch_->set_sequence(sequence_++);
  batch_->set_ends_row(ends_row);
  batch_->set_checksum(Checksum(batch_->data()));
  chunk_.set_checksum(Fold(chunk_.checksum(), batch_->checksum()));
  const bool sent = send_();
  batch_->mutable_data()->clear();
  batch_->set_rows(0);
  return sent;
}

}  // namespace lockstitch::batch

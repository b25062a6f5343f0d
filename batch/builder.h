#ifndef LOCKSTITCH_BATCH_BUILDER_H_
#define LOCKSTITCH_BATCH_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/strings/string_view.h"
#include "lockstitch/v1/batch.pb.h"

namespace lockstitch::batch {

inline constexpr size_t kBatchBytes = 1 << 20;

// Packs rows into batches of a size; a larger row spans several. Not thread-safe.
class Builder {
 public:
  // Fills `batch`, which must outlive the builder, with at most `bytes` of rows, and has `send`
  // called whenever it is full. `send` answers whether to go on.
  Builder(v1::Batch* batch, size_t bytes, std::function<bool()> send);

  // False once `send` has answered so.
  bool AddRow(absl::string_view row);

  // Sends what is left and tells in `chunk` what has been added since the last end. False once
  // `send` has answered so.
  bool EndChunk(v1::Extent* chunk);

 private:
  bool Send(bool ends_row);

  v1::Batch* batch_;
  const size_t bytes_;
  std::function<bool()> send_;
  uint64_t sequence_ = 0;
  v1::Extent chunk_;
};

}  // namespace lockstitch::batch

#endif  // LOCKSTITCH_BATCH_BUILDER_H_

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "batch/builder.h"
#include "batch/checksum.h"
#include "batch/verifier.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::batch {
namespace {

using testing::Require;

// A line is a row; *N is one of N bytes, of which there is room for some.
std::vector<std::string> RowsOf(absl::string_view input) {
  constexpr size_t kMostBytes = 4 * kBatchBytes;
  std::vector<std::string> rows;
  size_t bytes = 0;
  for (absl::string_view line : absl::StrSplit(input, '\n')) {
    size_t size = 0;
    const bool long_row = absl::ConsumePrefix(&line, "*") && absl::SimpleAtoi(line, &size);
    rows.push_back(long_row ? std::string(size % kMostBytes, 'x') : std::string(line));
    bytes += rows.back().size();
    if (bytes > kMostBytes) break;
  }
  return rows;
}

absl::Status Received(const std::vector<v1::Batch>& batches, const v1::Extent& chunk) {
  Verifier verifier;
  for (const v1::Batch& batch : batches) {
    if (const absl::Status status = verifier.Add(batch); !status.ok()) return status;
  }
  return verifier.EndChunk(chunk);
}

void TestRows(absl::string_view input) {
  const std::vector<std::string> rows = RowsOf(input);
  std::vector<v1::Batch> batches;
  v1::Batch batch;
  Builder builder(&batch, kBatchBytes, [&] {
    batches.push_back(batch);
    return true;
  });
  std::string sent, received;
  for (const std::string& row : rows) {
    Require(builder.AddRow(row), "goes on");
    sent += row;
  }
  v1::Extent chunk;
  Require(builder.EndChunk(&chunk), "goes on");
  uint64_t counted = 0;
  for (const v1::Batch& one : batches) {
    Require(!one.data().empty() && one.data().size() <= kBatchBytes, "a batch has its size");
    received += one.data();
    counted += one.rows();
  }
  Require(received == sent && chunk.bytes() == sent.size(), "all bytes are sent");
  Require(chunk.rows() == rows.size(), "all rows are counted");
  // Rows without a byte make no batch; there are none in a COPY.
  if (counted == rows.size()) Require(Received(batches, chunk).ok(), "what is sent is received");
  if (batches.empty()) return;
  std::string& data = *batches[input.size() % batches.size()].mutable_data();
  data[input.size() % data.size()] ^= 1;
  Require(ReasonOf(Received(batches, chunk)) == Reason::kBatchCorrupt, "a flipped bit is noticed");
}

// The input as a batch that came in.
void TestBatch(absl::string_view input) {
  v1::Batch batch;
  if (!batch.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  const absl::Status status = Verifier().Add(batch);
  Require(status.ok() || ReasonOf(status).has_value(), "a reason");
  Require(!status.ok() || batch.checksum() == Checksum(batch.data()), "no bytes but the sender's");
}

FUZZ_TARGET(input) {
  TestRows(input);
  TestBatch(input);
}

}  // namespace
}  // namespace lockstitch::batch

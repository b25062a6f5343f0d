#ifndef LOCKSTITCH_VERIFICATION_ROW_HASHER_H_
#define LOCKSTITCH_VERIFICATION_ROW_HASHER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/checksum.pb.h"

namespace lockstitch::verification {

// How many buckets rows are summed up in. Fewer would make a difference harder to find, more would
// leave the processor's cache.
inline constexpr uint32_t kBuckets = 4096;

// A row as checksums: XXH3, 64 bits. Without a key both are the row's.
struct RowHashes {
  uint64_t key = 0;
  uint64_t row = 0;

  uint32_t bucket() const { return key % kBuckets; }
};

// Makes checksums of tuples of binary COPY that are the same at both ends for the same values. What
// differs between databases without a difference in value is masked: the header of an array holds
// the number of its element type, which is each database's own, and whether it could hold NULLs.
// Not thread-safe.
class RowHasher {
 public:
  // Tuples may have more fields behind the request's columns: they are not part of the row.
  RowHasher(const v1::ChecksumRequest& request, size_t more_fields);

  // PROTOCOL_VIOLATED for a tuple that hasn't the fields announced.
  absl::Status Hash(absl::string_view tuple, RowHashes* hashes);

  // Of the tuple hashed last: the checksum of each of its columns.
  absl::Status HashColumns(std::vector<uint64_t>* columns) const;

  // Of the tuple hashed last: a field's bytes, the columns counted first; empty and `null` for
  // NULL.
  absl::Status Field(size_t place, absl::string_view* bytes, bool* null) const;

 private:
  // Masks the tuple's arrays, and answers the row without what is behind it.
  absl::StatusOr<absl::string_view> Prepare();
  // Has the tuple in a copy that may be written to.
  char* Copy();

  const size_t columns_;
  const size_t more_fields_;
  const std::vector<size_t> key_;
  const std::vector<size_t> arrays_;  // Places of columns that are arrays, from the left.
  absl::string_view tuple_;           // Given last, or the copy of it.
  std::string copy_;
};

}  // namespace lockstitch::verification

#endif  // LOCKSTITCH_VERIFICATION_ROW_HASHER_H_

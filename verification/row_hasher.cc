#include "verification/row_hasher.h"

#include <endian.h>

#include <cstring>

#include "batch/checksum.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::verification {
namespace {

// A tuple is a count of fields, 16 bits, and each field behind its length, 32 bits, -1 for NULL.
constexpr size_t kCountBytes = 2;
constexpr size_t kLengthBytes = 4;
// An array is its number of dimensions, whether NULLs may be in it, its element type, then more: 32
// bits each.
constexpr size_t kDimensionsBytes = 4;
constexpr size_t kMaskedBytes = 8;

absl::Status Malformed() {
  return Error(Reason::kProtocolViolated, "a tuple of binary COPY hasn't the fields announced");
}

int32_t LengthAt(const char* at) {
  uint32_t big_endian = 0;
  std::memcpy(&big_endian, at, sizeof(big_endian));
  return static_cast<int32_t>(be32toh(big_endian));
}

// Goes over a tuple's fields.
class Fields {
 public:
  explicit Fields(absl::string_view tuple) : tuple_(tuple) {}

  // The next field with its length before it; false where there is none.
  bool Next(absl::string_view* field) {
    if (tuple_.size() < end_ + kLengthBytes) return false;
    const int32_t length = LengthAt(tuple_.data() + end_);
    const size_t size = kLengthBytes + (length > 0 ? static_cast<size_t>(length) : 0);
    if (tuple_.size() < end_ + size) return false;
    *field = tuple_.substr(end_, size);
    end_ += size;
    return true;
  }
  bool Skip(size_t count) {
    absl::string_view field;
    while (count > 0 && Next(&field)) --count;
    return count == 0;
  }
  // Where the field given last ends.
  size_t end() const { return end_; }

 private:
  const absl::string_view tuple_;
  size_t end_ = kCountBytes;
};

absl::Status FieldAt(absl::string_view tuple, size_t place, absl::string_view* field) {
  Fields fields(tuple);
  return fields.Skip(place) && fields.Next(field) ? absl::OkStatus() : Malformed();
}

std::vector<size_t> ArraysOf(const v1::ChecksumRequest& request) {
  std::vector<size_t> arrays;
  for (int i = 0; i < request.columns_size(); ++i) {
    if (request.columns(i).wire_array()) arrays.push_back(static_cast<size_t>(i));
  }
  return arrays;
}

}  // namespace

RowHasher::RowHasher(const v1::ChecksumRequest& request, size_t more_fields)
    : columns_(static_cast<size_t>(request.columns_size())),
      more_fields_(more_fields),
      key_(request.key().begin(), request.key().end()),
      arrays_(ArraysOf(request)) {}

absl::Status RowHasher::Hash(absl::string_view tuple, RowHashes* hashes) {
  if (tuple.size() < kCountBytes) return Malformed();
  tuple_ = tuple;
  ASSIGN_OR_RETURN(const absl::string_view row, Prepare());
  hashes->key = 0;
  for (size_t i = 0; i < key_.size(); ++i) {
    absl::string_view field;
    RETURN_IF_ERROR(FieldAt(tuple_, key_[i], &field));
    const uint64_t hash = batch::Checksum(field);
    hashes->key = i == 0 ? hash : batch::Fold(hashes->key, hash);
  }
  hashes->row = batch::Checksum(row);
  if (key_.empty()) hashes->key = hashes->row;
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> RowHasher::Prepare() {
  // Goes over what was given, whose bytes are where those of a copy are.
  Fields fields(tuple_);
  size_t skipped = 0;
  for (const size_t place : arrays_) {
    absl::string_view array;
    if (!fields.Skip(place - skipped) || !fields.Next(&array)) return Malformed();
    skipped = place + 1;
    constexpr size_t kMasked = kLengthBytes + kDimensionsBytes;
    if (array.size() >= kMasked + kMaskedBytes)
      std::memset(Copy() + fields.end() - array.size() + kMasked, 0, kMaskedBytes);
  }
  if (more_fields_ == 0) return tuple_;
  if (!fields.Skip(columns_ - skipped)) return Malformed();
  const uint16_t count = htobe16(static_cast<uint16_t>(columns_));
  std::memcpy(Copy(), &count, sizeof(count));
  return tuple_.substr(0, fields.end());
}

char* RowHasher::Copy() {
  if (tuple_.data() != copy_.data()) tuple_ = copy_.assign(tuple_.data(), tuple_.size());
  return copy_.data();
}

absl::Status RowHasher::HashColumns(std::vector<uint64_t>* columns) const {
  columns->clear();
  Fields fields(tuple_);
  absl::string_view field;
  while (columns->size() < columns_) {
    if (!fields.Next(&field)) return Malformed();
    columns->push_back(batch::Checksum(field));
  }
  return absl::OkStatus();
}

absl::Status RowHasher::Field(size_t place, absl::string_view* bytes, bool* null) const {
  absl::string_view field;
  RETURN_IF_ERROR(FieldAt(tuple_, place, &field));
  *null = LengthAt(field.data()) < 0;
  *bytes = field.substr(kLengthBytes);
  return absl::OkStatus();
}

}  // namespace lockstitch::verification

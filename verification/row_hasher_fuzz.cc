#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "batch/checksum.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"
#include "verification/row_hasher.h"

namespace lockstitch::verification {
namespace {

using testing::Require;

int64_t BigEndian(absl::string_view bytes) {
  int64_t number = static_cast<int8_t>(bytes[0]);
  for (const char byte : bytes.substr(1)) number = number * 256 + static_cast<uint8_t>(byte);
  return number;
}

// A tuple's fields; nullopt for what is no tuple, or not one alone.
std::optional<std::vector<std::optional<std::string>>> FieldsOf(absl::string_view tuple) {
  if (tuple.size() < 2) return std::nullopt;
  std::vector<std::optional<std::string>> fields;
  const int64_t count = BigEndian(tuple.substr(0, 2));
  tuple.remove_prefix(2);
  for (int64_t i = 0; i < count; ++i) {
    if (tuple.size() < 4) return std::nullopt;
    const int64_t length = BigEndian(tuple.substr(0, 4));
    tuple.remove_prefix(4);
    if (length < 0) {
      fields.push_back(std::nullopt);
      continue;
    }
    if (static_cast<uint64_t>(length) > tuple.size()) return std::nullopt;
    fields.emplace_back(tuple.substr(0, static_cast<size_t>(length)));
    tuple.remove_prefix(static_cast<size_t>(length));
  }
  return tuple.empty() ? std::optional(fields) : std::nullopt;
}

// What the first line says: a letter a column, `a` for an array, `k` for a part of the key, and a
// `+` for each field behind them.
v1::ChecksumRequest RequestOf(absl::string_view columns) {
  v1::ChecksumRequest request;
  for (const char c : columns.substr(0, columns.find('+'))) {
    if (c == 'k') request.add_key(static_cast<uint32_t>(request.columns_size()));
    request.add_columns()->set_wire_array(c == 'a');
  }
  return request;
}

FUZZ_TARGET(input) {
  const absl::string_view columns = testing::TakeLine(&input).substr(0, 100);
  const v1::ChecksumRequest request = RequestOf(columns);
  const auto more = static_cast<size_t>(std::count(columns.begin(), columns.end(), '+'));
  const auto fields = FieldsOf(input);
  RowHasher hasher(request, more);
  RowHashes hashes;
  const absl::Status status = hasher.Hash(input, &hashes);
  const size_t count = static_cast<size_t>(request.columns_size()) + more;
  if (!fields || fields->size() != count) {
    Require(status.ok() || ReasonOf(status) == Reason::kProtocolViolated, "a reason");
    return;
  }
  Require(status.ok(), "a tuple of these fields is read");
  std::vector<uint64_t> sums;
  Require(hasher.HashColumns(&sums).ok(), "so are its columns");
  Require(sums.size() == static_cast<size_t>(request.columns_size()), "a sum for each column");
  for (size_t i = 0; i < count; ++i) {
    absl::string_view bytes;
    bool null = false;
    Require(hasher.Field(i, &bytes, &null).ok(), "so is each field");
    const std::optional<std::string>& field = (*fields)[i];
    Require(null == !field.has_value(), "NULL is told");
    const bool masked = i < sums.size() && request.columns(static_cast<int>(i)).wire_array();
    Require(masked || null || bytes == *field, "a field's bytes are its own");
    Require(bytes.size() == field.value_or("").size(), "a field's length is its own");
  }
  absl::string_view bytes;
  bool null = false;
  Require(!hasher.Field(count, &bytes, &null).ok(), "there is no field behind the last");
  const bool plain = more == 0 && columns.find('a') == absl::string_view::npos;
  Require(!plain || hashes.row == batch::Checksum(input), "a plain row is hashed as it is");
}

}  // namespace
}  // namespace lockstitch::verification

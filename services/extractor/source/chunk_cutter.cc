#include "services/extractor/source/chunk_cutter.h"

#include <utility>

namespace lockstitch::extractor {
namespace {

// Numbers of binary COPY are big-endian.
template <typename T>
bool TakeNumber(absl::string_view* bytes, T* number) {
  if (bytes->size() < sizeof(T)) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<uint8_t>((*bytes)[i]);
  *number = static_cast<T>(value);
  bytes->remove_prefix(sizeof(T));
  return true;
}

// numeric_send: number of digits, weight, sign, display scale, digits; 16 bits each.
constexpr size_t kScale = 6;
constexpr size_t kScaleBytes = 2;

// The bytes of a field, without copying; nullopt for NULL.
std::optional<absl::string_view> FieldOf(absl::string_view tuple, size_t number) {
  int16_t fields = 0;
  if (!TakeNumber(&tuple, &fields) || number >= static_cast<size_t>(fields)) return std::nullopt;
  while (true) {
    int32_t length = 0;
    if (!TakeNumber(&tuple, &length)) return std::nullopt;
    const size_t bytes = length < 0 ? 0 : static_cast<size_t>(length);
    if (number-- == 0) return length < 0 ? std::nullopt : std::optional(tuple.substr(0, bytes));
    if (bytes > tuple.size()) return std::nullopt;
    tuple.remove_prefix(bytes);
  }
}

}  // namespace

std::optional<std::string> KeyBytes(absl::string_view tuple, const KeyField& field) {
  const std::optional<absl::string_view> bytes = FieldOf(tuple, field.number);
  if (!bytes) return std::nullopt;
  std::string key(*bytes);
  if (field.numeric && key.size() >= kScale + kScaleBytes) key.erase(kScale, kScaleBytes);
  return key;
}

bool ChunkCutter::EndsBefore(absl::string_view tuple) {
  std::optional<std::string> key = KeyBytes(tuple, field_);
  const bool ends = rows_ > 0 && key != last_ && IsFull();
  if (ends) bytes_ = rows_ = 0;
  if (rows_ == 0) began_ = now_();
  bytes_ += tuple.size();
  ++rows_;
  last_ = std::move(key);
  return ends;
}

bool ChunkCutter::IsFull() const {
  return bytes_ >= limits_.bytes || rows_ >= limits_.rows || now_() - began_ >= limits_.time;
}

}  // namespace lockstitch::extractor

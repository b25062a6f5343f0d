#include "status/utf8.h"

#include <cstddef>
#include <cstdint>

namespace lockstitch {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// How many bytes the character at the text's beginning has; 0 if none begins there.
size_t CharacterSize(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  uint32_t code = first & (0x7F >> size);
  for (const char byte : text.substr(1, size - 1)) {
    if (!IsContinuation(byte)) return 0;
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3F);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return overlong || surrogate || code > 0x10FFFF ? 0 : size;
}

}  // namespace

std::string ValidUtf8(absl::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    const absl::string_view next = size == 0 ? kReplacement : text.substr(0, size);
    valid.append(next.data(), next.size());
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return valid;
}

}  // namespace lockstitch

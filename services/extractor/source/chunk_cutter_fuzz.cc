#include <optional>
#include <string>

#include "services/extractor/source/chunk_cutter.h"
#include "testing/fuzz_target.h"

namespace lockstitch::extractor {
namespace {

using testing::Require;

// A tuple of one field.
std::string TupleOf(absl::string_view field) {
  std::string tuple = {0, 1};
  for (int shift = 24; shift >= 0; shift -= 8)
    tuple.push_back(static_cast<char>(field.size() >> shift));
  return tuple.append(field.data(), field.size());
}

// The first byte is which field, the rest a tuple.
FUZZ_TARGET(input) {
  if (input.empty()) return;
  const auto number = static_cast<size_t>(static_cast<uint8_t>(input[0]));
  input.remove_prefix(1);
  const auto key = KeyBytes(input, {.number = number});
  Require(!key || key->size() + 2 + 4 * (number + 1) <= input.size(), "a key is of the tuple");
  KeyBytes(input, {.number = number, .numeric = true});

  // Its bytes as the key itself.
  const std::string tuple = TupleOf(input);
  Require(KeyBytes(tuple, {}) == std::string(input), "the key is the field");
  Require(!KeyBytes(tuple, {.number = 1}), "there is no second field");
  ChunkCutter cutter({}, {.bytes = 0}, [] { return absl::UnixEpoch(); });
  Require(!cutter.EndsBefore(tuple), "no chunk ends before the first tuple");
  Require(!cutter.EndsBefore(tuple), "no chunk ends within a key");
  Require(cutter.EndsBefore(TupleOf(std::string(input) + "x")), "one ends where the key changes");

  // A numeric of another scale is the same key, one of another digit isn't.
  if (input.size() < 8) return;
  std::string scaled(input), other(input);
  scaled[7] ^= 1;
  other[0] ^= 1;
  const KeyField numeric = {.numeric = true};
  Require(KeyBytes(TupleOf(scaled), numeric) == KeyBytes(tuple, numeric), "scales don't count");
  Require(KeyBytes(TupleOf(other), numeric) != KeyBytes(tuple, numeric), "digits do");
}

}  // namespace
}  // namespace lockstitch::extractor

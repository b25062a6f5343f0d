#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_CHUNK_CUTTER_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_CHUNK_CUTTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lockstitch::extractor {

// After how much a chunk is to be committed: whichever is reached first.
struct ChunkLimits {
  uint64_t bytes = uint64_t{256} << 20;
  uint64_t rows = 1'000'000;
  absl::Duration time = absl::Minutes(1);
};

// Where the tuples of an ordered range have the key that they are ordered by.
struct KeyField {
  size_t number = 0;     // From 0.
  bool numeric = false;  // Whether it is a numeric, of which 1.0 and 1.00 are the same key.
};

// The key of a tuple of binary COPY, so that two tuples have the same key exactly if the answers
// are the same; nullopt for NULL. A tuple that has no such field answers nullopt too.
std::optional<std::string> KeyBytes(absl::string_view tuple, const KeyField& field);

// Cuts tuples that come in the order of a key into chunks, such that no two chunks hold tuples of
// one key. Keeps one key in memory, however many tuples have it.
class ChunkCutter {
 public:
  ChunkCutter(const KeyField& field, const ChunkLimits& limits, std::function<absl::Time()> now)
      : field_(field), limits_(limits), now_(std::move(now)) {}

  // Whether a chunk ends before `tuple`, the next one; false before the first.
  bool EndsBefore(absl::string_view tuple);

 private:
  bool IsFull() const;

  const KeyField field_;
  const ChunkLimits limits_;
  const std::function<absl::Time()> now_;
  uint64_t bytes_ = 0;
  uint64_t rows_ = 0;
  absl::Time began_;
  std::optional<std::string> last_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_CHUNK_CUTTER_H_

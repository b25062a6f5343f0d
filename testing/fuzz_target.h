#ifndef LOCKSTITCH_TESTING_FUZZ_TARGET_H_
#define LOCKSTITCH_TESTING_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/string_view.h"

// What a fuzzer feeds with bytes of its own making, and the corpus test with those that are kept:
//
//   FUZZ_TARGET(input) {
//     const auto name = ParseStreamName(input);
//     if (name.ok()) Require(ParseStreamName(StreamName(*name)) == name, "comes back as it was");
//   }
//
// Nothing may depend on what earlier inputs were. docs/contributing.md tells how targets are run.
#define FUZZ_TARGET(input)                                                                   \
  static void FuzzOne(absl::string_view input);                                              \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {                 \
    FuzzOne(absl::string_view(size == 0 ? "" : reinterpret_cast<const char*>(bytes), size)); \
    return 0;                                                                                \
  }                                                                                          \
  static void FuzzOne(absl::string_view input)

namespace lockstitch::testing {

// Ends the process, which the fuzzer takes for a crash, unless what is promised holds.
inline void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// The input up to its first end of a line, which is taken off it, or all of it.
inline absl::string_view TakeLine(absl::string_view* input) {
  const absl::string_view line = input->substr(0, input->find('\n'));
  input->remove_prefix(line.size() == input->size() ? line.size() : line.size() + 1);
  return line;
}

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_FUZZ_TARGET_H_

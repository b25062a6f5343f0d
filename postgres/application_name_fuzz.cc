#include "absl/strings/match.h"
#include "postgres/application_name.h"
#include "status/utf8.h"
#include "testing/fuzz_target.h"

namespace lockstitch::postgres {
namespace {

using testing::Require;

FUZZ_TARGET(input) {
  const std::string stream = ValidUtf8(input);
  const std::string name = ApplicationName("extractor", "0123456789", stream);
  Require(name.size() <= 63, "as many bytes as a server keeps");
  Require(ValidUtf8(name) == name, "cut between characters");
  Require(absl::StartsWith("lockstitch extractor 01234567 " + stream, name), "cut at the end");
}

}  // namespace
}  // namespace lockstitch::postgres

#include <nlohmann/json.hpp>

#include "status/utf8.h"
#include "testing/fuzz_target.h"

namespace lockstitch {
namespace {

using testing::Require;

// By another's judgement.
bool IsUtf8(absl::string_view text) {
  try {
    static_cast<void>(nlohmann::json(std::string(text)).dump());
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

FUZZ_TARGET(input) {
  const std::string valid = ValidUtf8(input);
  Require(IsUtf8(valid), "what comes out is UTF-8");
  Require((valid == input) == IsUtf8(input), "what is UTF-8 stays as it is, and nothing else");
}

}  // namespace
}  // namespace lockstitch

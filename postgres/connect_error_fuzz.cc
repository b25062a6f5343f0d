#include "absl/strings/match.h"
#include "postgres/connect_error.h"
#include "testing/fuzz_target.h"

namespace lockstitch::postgres {
namespace {

using testing::Require;

FUZZ_TARGET(input) {
  const absl::string_view certificate_problem = testing::TakeLine(&input);
  for (const Side side : {Side::kSource, Side::kDestination}) {
    const absl::Status error = ConnectError(input, certificate_problem, side);
    Require(ReasonOf(error).has_value(), "a reason");
    Require(!absl::StrContains(error.message(), '\n'), "one line");
  }
}

}  // namespace
}  // namespace lockstitch::postgres

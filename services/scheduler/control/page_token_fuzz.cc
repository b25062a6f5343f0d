#include "absl/strings/str_cat.h"
#include "services/scheduler/control/page_token.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::scheduler {
namespace {

using testing::Require;

FUZZ_TARGET(input) {
  const absl::string_view request = testing::TakeLine(&input);
  const auto parsed = ParsePageToken(request, input);
  if (parsed.ok()) {
    Require(input.empty() || ParsePageToken(request, MakePageToken(request, *parsed)) == parsed,
            "a position comes back");
  } else {
    Require(ReasonOf(parsed.status()) == Reason::kUsageInvalid, "a reason");
  }
  ParseNumberedPageToken(request, input).IgnoreError();

  const std::string token = MakePageToken(request, input);
  const auto back = ParsePageToken(request, token);
  Require(back.ok() && *back == input, "any position comes back");
  for (const absl::string_view other : {request.substr(0, request.size() / 2), input}) {
    Require(other == request || !ParsePageToken(other, token).ok(), "it is of one request alone");
  }
  const std::string longer = absl::StrCat(request, "\n", input);
  Require(!ParsePageToken(longer, token).ok(), "it is of one request alone");
  Require(!ParsePageToken(request, MakePageToken(longer, "")).ok(), "it is of one request alone");
}

}  // namespace
}  // namespace lockstitch::scheduler

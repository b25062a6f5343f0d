#include "services/scheduler/control/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kMostOfAPage = 1'000;

// What stands before the position. With its length, since a request may hold anything.
std::string Head(absl::string_view request) { return absl::StrCat(request.size(), ":", request); }

absl::Status Foreign() {
  return Error(Reason::kUsageInvalid, "page_token is none of this list",
               "Give the next_page_token of an answer to the same request, or none.");
}

}  // namespace

std::string MakePageToken(absl::string_view request, absl::string_view position) {
  return absl::WebSafeBase64Escape(absl::StrCat(Head(request), position));
}

absl::StatusOr<std::string> ParsePageToken(absl::string_view request, absl::string_view token) {
  if (token.empty()) return std::string();
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return Foreign();
  absl::string_view position = text;
  if (!absl::ConsumePrefix(&position, Head(request))) return Foreign();
  return std::string(position);
}

absl::StatusOr<int64_t> ParseNumberedPageToken(absl::string_view request, absl::string_view token) {
  if (token.empty()) return 0;
  ASSIGN_OR_RETURN(const std::string position, ParsePageToken(request, token));
  int64_t number = 0;
  if (!absl::SimpleAtoi(position, &number)) return Foreign();
  return number;
}

absl::StatusOr<int> PageSize(int32_t wanted, int fallback) {
  if (wanted < 0) return Error(Reason::kUsageInvalid, "page_size is negative");
  return wanted == 0 ? fallback : std::min<int>(wanted, kMostOfAPage);
}

}  // namespace lockstitch::scheduler

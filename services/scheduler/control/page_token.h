#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PAGE_TOKEN_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::scheduler {

// Where a page of a list ends, as a caller gets it: opaque, and good only for the request that it
// came from. `request` is what makes the list, without page size and token.
std::string MakePageToken(absl::string_view request, absl::string_view position);

// The position; empty for an empty token. USAGE_INVALID for what is no token of this request.
absl::StatusOr<std::string> ParsePageToken(absl::string_view request, absl::string_view token);
// The same of positions that are numbers; 0 for an empty token.
absl::StatusOr<int64_t> ParseNumberedPageToken(absl::string_view request, absl::string_view token);

// How many to give: `wanted`, or `fallback` where that is 0, at most 1,000. USAGE_INVALID below 0.
absl::StatusOr<int> PageSize(int32_t wanted, int fallback);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_PAGE_TOKEN_H_

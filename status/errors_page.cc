#include "status/errors_page.h"

#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch {
namespace {

std::string Handling(const ReasonInfo& info) {
  if (info.reason == Reason::kHostUnreachable)
    return "yours; once the destination has answered the run, as `CONNECTION_LOST`";
  if (info.owner == Owner::kUser) return "yours";
  if (info.total == absl::InfiniteDuration()) return "waited out, until the job is stopped";
  return absl::StrCat("retried: ", info.attempts, " attempts, at most ",
                      absl::FormatDuration(info.total), " without one under way");
}

}  // namespace

std::string ErrorsPage() {
  std::string page =
      "# Errors\n\n"
      "Every failure has one of these reason codes: in the command's output, in the job, in its "
      "log, in the metrics, and\n"
      "in the `google.rpc.ErrorInfo` of a gRPC status. This page is made from the table in "
      "`status/reason.cc` by\n"
      "`bazel run //status:print_errors_page > docs/errors.md`.\n\n"
      "What is retried is a stream's run. An attempt is an extraction: another fence, another "
      "snapshot. It isn't a call: within each\n"
      "attempt, calls between services and ranges that fail with `CONNECTION_LOST`, "
      "`TOO_MANY_CONNECTIONS`, `SERVER_STARTING`,\n"
      "`DESTINATION_CONFLICT`, `SHUTTING_DOWN` or `PEER_UNREACHABLE` are repeated first, up to ten "
      "times each, with waits of at most\n"
      "21 s in all, and a range that gets on begins to count anew. So such a failure may be met up "
      "to ten times as often as its\n"
      "row says, and the time of attempts that are under way isn't part of the row's total.\n\n"
      "| reason | what happened | what to do | whose it is |\n"
      "|---|---|---|---|\n";
  for (const ReasonInfo& info : AllReasons()) {
    absl::StrAppend(&page, "| `", info.code, "` | ", info.meaning, " | ", info.remedy, " | ",
                    Handling(info), " |\n");
  }
  return page;
}

}  // namespace lockstitch

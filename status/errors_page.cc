#include "status/errors_page.h"

#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch {
namespace {

std::string Handling(const ReasonInfo& info) {
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
      "| reason | what happened | what to do | whose it is |\n"
      "|---|---|---|---|\n";
  for (const ReasonInfo& info : AllReasons()) {
    absl::StrAppend(&page, "| `", info.code, "` | ", info.meaning, " | ", info.remedy, " | ",
                    Handling(info), " |\n");
  }
  return page;
}

}  // namespace lockstitch

#include <iostream>

#include "cli/commands.h"
#include "cli/described_integration.h"
#include "cli/progress_display.h"
#include "cli/scheduler_access.h"
#include "cli/verification_view.h"
#include "status/macros.h"

namespace lockstitch::cli {
namespace {

absl::StatusOr<v1::VerifyRequest> RequestOf(const VerifyCommand& command) {
  v1::VerifyRequest request;
  ASSIGN_OR_RETURN(*request.mutable_integration(), DescribedIntegration(command));
  request.set_max_parallel_streams(static_cast<uint32_t>(command.max_parallel_streams));
  request.set_max_differences(static_cast<uint32_t>(command.max_differences));
  request.set_show_values(command.show_values);
  return request;
}

}  // namespace

int Run(const VerifyCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<v1::VerifyRequest> request = RequestOf(command);
  if (!request.ok()) return Fail(request.status(), output);
  const absl::StatusOr<SchedulerAccess> scheduler = SchedulerAccess::Open(command.scheduler);
  if (!scheduler.ok()) return Fail(scheduler.status(), output);
  const std::stop_callback on_stop(stop, [&] { scheduler->StopLocal(); });
  VerificationView view;
  ProgressDisplay display(stderr);
  const absl::Status status = scheduler->client().Verify(
      *request,
      [&](const v1::VerifyResponse& told) {
        view.Add(told);
        if (output == Output::kTable) display.Update(view);
      },
      scheduler->ForCalls(stop));
  display.Clear();
  if (!status.ok()) return Fail(status, output);
  std::cout << (output == Output::kTable ? VerificationAsTable(view)
                                         : Structured(output, VerificationAsJson(view)));
  return view.IsVerified() ? kSucceeded : kFailed;
}

}  // namespace lockstitch::cli

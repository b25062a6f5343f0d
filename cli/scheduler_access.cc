#include "cli/scheduler_access.h"

#include "status/macros.h"

namespace lockstitch::cli {

absl::StatusOr<SchedulerAccess> SchedulerAccess::Open(const SchedulerAddress& scheduler) {
  SchedulerAccess access;
  if (scheduler.server.empty()) {
    ASSIGN_OR_RETURN(access.local_, LocalServices::Start());
    return access;
  }
  ASSIGN_OR_RETURN(const rpc::Channel channel, Connect(scheduler));
  access.remote_ = std::make_unique<scheduler::SchedulerClient>(channel, scheduler.name());
  return access;
}

const scheduler::SchedulerClient& SchedulerAccess::client() const {
  return local_ ? local_->scheduler() : *remote_;
}

void SchedulerAccess::StopLocal() const {
  if (local_) local_->StopJobs();
}

}  // namespace lockstitch::cli

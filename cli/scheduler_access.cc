#include "cli/scheduler_access.h"

#include "rpc/channel.h"
#include "status/macros.h"

namespace lockstitch::cli {

absl::StatusOr<SchedulerAccess> SchedulerAccess::Open(const std::string& server) {
  SchedulerAccess access;
  if (server.empty()) {
    ASSIGN_OR_RETURN(access.local_, LocalServices::Start());
    return access;
  }
  const rpc::Channel channel = rpc::Connect(server);
  rpc::AwaitConnection(channel, absl::Seconds(5));
  access.remote_ = std::make_unique<scheduler::SchedulerClient>(channel, "scheduler at " + server);
  return access;
}

const scheduler::SchedulerClient& SchedulerAccess::client() const {
  return local_ ? local_->scheduler() : *remote_;
}

void SchedulerAccess::StopLocal() const {
  if (local_) local_->StopJobs();
}

}  // namespace lockstitch::cli

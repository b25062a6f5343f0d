#ifndef LOCKSTITCH_CLI_SCHEDULER_ACCESS_H_
#define LOCKSTITCH_CLI_SCHEDULER_ACCESS_H_

#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "cli/local_services.h"
#include "cli/scheduler_address.h"
#include "services/scheduler/scheduler_client.h"

namespace lockstitch::cli {

// The scheduler that a command speaks to: one elsewhere, or one in this process with all services.
class SchedulerAccess {
 public:
  // An address without a server starts the services here.
  static absl::StatusOr<SchedulerAccess> Open(const SchedulerAddress& scheduler);

  const scheduler::SchedulerClient& client() const;

  // What calls are to be stopped by. Work in this process is stopped at its scheduler, so that its
  // last words are heard: see StopLocal.
  std::stop_token ForCalls(std::stop_token stop) const { return local_ ? std::stop_token() : stop; }
  void StopLocal() const;

 private:
  std::unique_ptr<LocalServices> local_;
  std::unique_ptr<scheduler::SchedulerClient> remote_;
};

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_SCHEDULER_ACCESS_H_

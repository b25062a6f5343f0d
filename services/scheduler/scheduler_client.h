#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_CLIENT_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_CLIENT_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/job.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "rpc/channel.h"

namespace lockstitch::scheduler {

// Calls a scheduler. Thread-safe.
class SchedulerClient {
 public:
  // `name` stands for the scheduler in errors.
  SchedulerClient(rpc::Channel channel, std::string name);
  ~SchedulerClient();

  // Runs one job and hands each event to `listener`, in the caller's thread. `stop` stops the job.
  absl::Status RunOnce(const v1::RunOnceRequest& request,
                       const std::function<void(const v1::JobEvent&)>& listener,
                       std::stop_token stop) const;

  // Compares both ends and hands each event to `listener`, in the caller's thread. `stop` stops it.
  absl::Status Verify(const v1::VerifyRequest& request,
                      const std::function<void(const v1::VerifyResponse&)>& listener,
                      std::stop_token stop) const;

  // Everything that keeps the integration from being run, and what would run.
  absl::StatusOr<v1::ValidateIntegrationResponse> ValidateIntegration(
      const v1::Integration& integration) const;

  // Ends every run of the integration and forgets it at its destination.
  absl::StatusOr<v1::ForgottenIntegration> ForgetIntegration(
      const v1::SchedulerServiceForgetIntegrationRequest& request, std::stop_token stop) const;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
  std::string name_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_CLIENT_H_

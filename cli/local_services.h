#ifndef LOCKSTITCH_CLI_LOCAL_SERVICES_H_
#define LOCKSTITCH_CLI_LOCAL_SERVICES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/scheduler_client.h"
#include "telemetry/metrics.h"

namespace lockstitch::cli {

// All four services in this process, speaking to each other over in-process channels: the same code
// and the same protocol as four processes.
class LocalServices {
 public:
  // `metrics`, where they are given, must outlive the services.
  static absl::StatusOr<std::unique_ptr<LocalServices>> Start(
      telemetry::Metrics* metrics = nullptr);
  ~LocalServices();

  const discovery::DiscoveryClient& discovery() const;
  const loader::LoaderClient& loader() const;
  const scheduler::SchedulerClient& scheduler() const;

  // The scheduler itself, for who serves it elsewhere as well.
  scheduler::Scheduler& local_scheduler();

  // Stops the jobs under way; their events come to their end.
  void StopJobs();

 private:
  struct State;
  explicit LocalServices(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_LOCAL_SERVICES_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_OPTIONS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_OPTIONS_H_

#include <string>

#include "rpc/server_flags.h"
#include "services/scheduler/scheduler.h"

namespace lockstitch::scheduler {

struct ProcessOptions {
  rpc::ServerFlags server = {.listen = "127.0.0.1:7400", .metrics_listen = "127.0.0.1:9400"};
  std::string discovery = "127.0.0.1:7401";
  std::string extractor = "127.0.0.1:7402";
  std::string loader = "127.0.0.1:7403";
  Scheduler::Options scheduler;
};

// From flags and LOCKSTITCH_* variables; exits on --help and on wrong usage.
ProcessOptions ParseOptions(int argc, char** argv);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_OPTIONS_H_

#ifndef LOCKSTITCH_SERVICES_SCHEDULER_OPTIONS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_OPTIONS_H_

#include <optional>

#include "rpc/server_flags.h"
#include "services/scheduler/control_plane.h"
#include "services/scheduler/peers.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/users/user_gate.h"

namespace lockstitch::scheduler {

struct ProcessOptions {
  rpc::ServerFlags server = {.listen = "127.0.0.1:7400", .metrics_listen = "127.0.0.1:9400"};
  PeerAddresses peers;
  Scheduler::Options scheduler;
  UserGate::Options users;
  std::optional<ControlPlane::Options> control_plane;  // Where a catalog is given.
};

// From flags and LOCKSTITCH_* variables; exits on --help and on wrong usage.
ProcessOptions ParseOptions(int argc, char** argv);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_OPTIONS_H_

#ifndef LOCKSTITCH_SERVICES_DISCOVERY_OPTIONS_H_
#define LOCKSTITCH_SERVICES_DISCOVERY_OPTIONS_H_

#include "rpc/server_flags.h"

namespace lockstitch::discovery {

struct ProcessOptions {
  rpc::ServerFlags server = {.listen = "127.0.0.1:7401", .metrics_listen = "127.0.0.1:9401"};
};

// From flags and LOCKSTITCH_* variables; exits on --help and on wrong usage.
ProcessOptions ParseOptions(int argc, char** argv);

}  // namespace lockstitch::discovery

#endif  // LOCKSTITCH_SERVICES_DISCOVERY_OPTIONS_H_

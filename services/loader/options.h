#ifndef LOCKSTITCH_SERVICES_LOADER_OPTIONS_H_
#define LOCKSTITCH_SERVICES_LOADER_OPTIONS_H_

#include "rpc/server_flags.h"
#include "services/loader/loader.h"

namespace lockstitch::loader {

struct ProcessOptions {
  rpc::ServerFlags server = {.listen = "127.0.0.1:7403", .metrics_listen = "127.0.0.1:9403"};
  Loader::Options loader;
  absl::Duration drain;  // Of calls under way, at SIGTERM.
};

// From flags and LOCKSTITCH_* variables; exits on --help and on wrong usage.
ProcessOptions ParseOptions(int argc, char** argv);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_OPTIONS_H_

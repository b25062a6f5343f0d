#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_OPTIONS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_OPTIONS_H_

#include <string>

#include "rpc/server_flags.h"
#include "services/extractor/extractor.h"

namespace lockstitch::extractor {

struct ProcessOptions {
  rpc::ServerFlags server = {.listen = "127.0.0.1:7402", .metrics_listen = "127.0.0.1:9402"};
  std::string loader = "127.0.0.1:7403";
  std::string advertise;  // Empty: where it listens.
  absl::Duration drain;   // Of runs under way, at SIGTERM.
  Extractor::Options extractor;
};

// From flags and LOCKSTITCH_* variables; exits on --help and on wrong usage.
ProcessOptions ParseOptions(int argc, char** argv);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_OPTIONS_H_

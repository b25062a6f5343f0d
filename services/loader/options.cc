#include "services/loader/options.h"

#include <CLI/CLI.hpp>

namespace lockstitch::loader {

ProcessOptions ParseOptions(int argc, char** argv) {
  ProcessOptions options;
  CLI::App app("Lockstitch loader: writes what extractors send into destination databases.");
  rpc::AddServerFlags(app, options.server);
  rpc::AddDurationFlag(app, "--progress-deadline", options.loader.progress_deadline,
                       "how long a range may stand still before it is given up");
  rpc::AddDurationFlag(app, "--swap-deadline", options.loader.swap_deadline,
                       "how long to try for the lock that replacing a table needs");
  rpc::AddDurationFlag(app, "--drain", options.drain,
                       "how long SIGTERM lets calls under way go on, while no others are taken");
  rpc::ParseOrExit(app, argc, argv);
  return options;
}

}  // namespace lockstitch::loader

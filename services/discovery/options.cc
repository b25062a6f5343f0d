#include "services/discovery/options.h"

#include <CLI/CLI.hpp>

namespace lockstitch::discovery {

ProcessOptions ParseOptions(int argc, char** argv) {
  ProcessOptions options;
  CLI::App app(
      "Lockstitch discovery: reads the catalogs of source databases and checks their connections.");
  rpc::AddServerFlags(app, options.server);
  rpc::ParseOrExit(app, argc, argv);
  return options;
}

}  // namespace lockstitch::discovery

// A proxy on loopback that passes bytes on some time later, as a long way between client and server
// would. Prints its port, and runs until it is killed.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "absl/time/time.h"
#include "testing/fault_proxy.h"

using lockstitch::testing::FaultProxy;

int main(int argc, char** argv) {
  int target = 0;
  double delay = 0;
  FaultProxy::Options options;
  CLI::App app("Passes bytes between clients and a server on loopback, some time later.");
  app.add_option("--target", target, "port of the server, on 127.0.0.1")->required();
  app.add_option("--listen", options.port, "port for clients, on 127.0.0.1; 0 takes a free one")
      ->capture_default_str();
  app.add_option("--delay", delay, "milliseconds that bytes take; a round trip takes twice as long")
      ->capture_default_str();
  app.add_option("--most-held", options.most_held,
                 "bytes under way, each way of a connection; then the sender waits")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  FaultProxy proxy(target, options);
  proxy.Delay(absl::Milliseconds(delay));
  std::cout << proxy.port() << std::endl;
  pause();
  return EXIT_SUCCESS;
}

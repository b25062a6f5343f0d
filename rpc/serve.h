#ifndef LOCKSTITCH_RPC_SERVE_H_
#define LOCKSTITCH_RPC_SERVE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rpc/server_flags.h"
#include "rpc/tls.h"
#include "telemetry/metrics.h"

namespace lockstitch::access {
class Gate;
}

namespace grpc {
class Service;
}

namespace lockstitch::rpc {

// What a service's process serves.
struct Serving {
  ServerFlags flags;
  const Tls* tls = nullptr;  // Of the flags' files.
  ClientCertificates client_certificates = ClientCertificates::kRequired;
  std::vector<std::shared_ptr<grpc::Service>> services;
  telemetry::Metrics* metrics = nullptr;
  access::Gate* gate = nullptr;  // As in Server::Options.
  int metrics_port = 0;
  std::function<void(const std::string& address)> started;  // Told where it listens. Optional.
  std::function<void()> stop;  // Ends what is under way, so that the server can shut down soon.
  // How long calls under way may go on before `stop`; none come in meanwhile. A service that must
  // be reached meanwhile waits in `stop` instead.
  absl::Duration drain;
};

// Serves from here until SIGTERM or SIGINT (see HoldTermination) and shuts down. Ready for as long,
// says health. Answers main's exit status: a failure if it can't listen.
int ServeUntilTerminated(const Serving& serving);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_SERVE_H_

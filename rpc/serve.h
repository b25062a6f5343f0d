#ifndef LOCKSTITCH_RPC_SERVE_H_
#define LOCKSTITCH_RPC_SERVE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rpc/process.h"
#include "rpc/server_flags.h"
#include "rpc/tls.h"

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
  const Process* process = nullptr;  // That of these flags.
  ClientCertificates client_certificates = ClientCertificates::kRequired;
  std::vector<std::shared_ptr<grpc::Service>> services;
  access::Gate* gate = nullptr;                             // As in Server::Options.
  std::function<void(const std::string& address)> started;  // Told where it listens. Optional.
  std::function<bool()> alive;  // What health says of the process, asked each second. Optional.
  // Ends what is under way, so that the server can shut down soon. May be called more than once, by
  // any thread, where there is a `drain`.
  std::function<void()> stop;
  // How long what is under way may go on before `stop`; another signal ends it at once.
  absl::Duration drain;
  // Waits for that so long, of a service that must be reached meanwhile; without it no calls come
  // in. Optional.
  std::function<void(absl::Duration)> await_idle;
};

// Serves from here until SIGTERM or SIGINT (see HoldTermination) and shuts down. Ready for as long,
// says health. Answers main's exit status: a failure if it can't listen.
int ServeUntilTerminated(const Serving& serving);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_SERVE_H_

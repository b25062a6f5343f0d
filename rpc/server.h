#ifndef LOCKSTITCH_RPC_SERVER_H_
#define LOCKSTITCH_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rpc/channel.h"
#include "rpc/tls.h"
#include "telemetry/metrics.h"

namespace lockstitch::access {
class Gate;
}

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace lockstitch::rpc {

// A running gRPC server: health and reflection, keepalive, admission, call metrics, and the context
// of calls come with it. Health answers for "" whether the process lives, which it does at first,
// and for kReadiness whether it takes work.
class Server {
 public:
  struct Options {
    std::string listen;        // Empty: reached by InProcessChannel alone.
    const Tls* tls = nullptr;  // For `listen`. None: plaintext.
    ClientCertificates client_certificates = ClientCertificates::kRequired;
    bool plaintext = false;  // May be at any address without TLS.
    std::vector<std::shared_ptr<grpc::Service>> services;
    telemetry::Metrics* metrics = nullptr;  // Must outlive the server.
    access::Gate* gate = nullptr;           // Likewise. None: one for services alone.
  };

  // LISTEN_ADDRESS_REFUSED if the address isn't allowed or can't be had. Takes work from then on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options);
  ~Server();

  // Where it listens, with the port that was taken for port 0.
  const std::string& address() const { return address_; }

  // A channel that reaches this server without a socket.
  Channel InProcessChannel();

  void SetAlive(bool alive);
  void SetReady(bool ready);

  // Takes no more calls, waits for those under way at most `grace`, then cancels them and waits for
  // their handlers.
  void Shutdown(absl::Duration grace);

 private:
  Server(std::unique_ptr<grpc::Server> server, const Options& options, std::string address);

  telemetry::Metrics* metrics_;
  std::vector<std::shared_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_SERVER_H_

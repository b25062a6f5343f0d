#ifndef LOCKSTITCH_RPC_HEALTH_SERVER_H_
#define LOCKSTITCH_RPC_HEALTH_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class CallbackGenericService;
class Server;
}  // namespace grpc

namespace lockstitch::rpc {

// What grpc.health.v1 knows besides "", which is that the process lives: whether it takes work.
inline constexpr char kReadiness[] = "readiness";

// Serves grpc.health.v1 and nothing else, in plaintext, for probes that have no certificate.
class HealthServer {
 public:
  // Not ready at first. LISTEN_ADDRESS_REFUSED if the address can't be had.
  static absl::StatusOr<std::unique_ptr<HealthServer>> Start(const std::string& listen);
  ~HealthServer();

  int port() const { return port_; }
  void SetAlive(bool alive);
  void SetReady(bool ready);

 private:
  HealthServer(std::unique_ptr<grpc::CallbackGenericService> others,
               std::unique_ptr<grpc::Server> server, int port);

  std::unique_ptr<grpc::CallbackGenericService> others_;  // Calls of anything else.
  std::unique_ptr<grpc::Server> server_;
  int port_;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_HEALTH_SERVER_H_

#ifndef LOCKSTITCH_RPC_CALLER_H_
#define LOCKSTITCH_RPC_CALLER_H_

#include <string>
#include <vector>

namespace grpc {
class ServerContextBase;
}

namespace lockstitch::rpc {

// Who is at the other end of a call.
struct Caller {
  // In process, or over plaintext to a server that listens at a loopback address or a Unix socket.
  // A server that listens elsewhere takes nobody for local: a proxy of the machine's own may stand
  // before it.
  bool local = false;
  bool plaintext = false;  // Over a socket without TLS.
  // DNS names, in their order, then the common name of its verified certificate; none without.
  std::vector<std::string> certificate_names;
};

// Who made the call that `context` belongs to, to a server that rpc::Server started.
Caller CallerOf(const grpc::ServerContextBase& context);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CALLER_H_

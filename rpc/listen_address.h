#ifndef LOCKSTITCH_RPC_LISTEN_ADDRESS_H_
#define LOCKSTITCH_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"

namespace lockstitch::rpc {

// OK for loopback addresses with a port (127.0.0.1, [::1], localhost) and for Unix sockets
// (unix:PATH, unix:///PATH); else LISTEN_ADDRESS_REFUSED: until there is TLS, nothing else may be
// listened on.
absl::Status CheckListenAddress(const std::string& address);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_LISTEN_ADDRESS_H_

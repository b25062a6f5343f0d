#ifndef LOCKSTITCH_RPC_LISTEN_ADDRESS_H_
#define LOCKSTITCH_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"

namespace lockstitch::rpc {

// From where a listener may be reached.
enum class Reach {
  kMachine,    // Loopback addresses and Unix sockets: whoever calls is on this machine.
  kEverywhere  // Any address: it has TLS, or was told to do without.
};

// OK for addresses with a port and for Unix sockets (unix:PATH, unix:///PATH) that `allowed`
// permits, else LISTEN_ADDRESS_REFUSED. Loopback addresses are 127.0.0.1, [::1] and localhost.
// `listener` names it as --plaintext does.
absl::Status CheckListenAddress(const std::string& listener, const std::string& address,
                                Reach allowed);

// Whether it can be reached from this machine alone. Of an address that may be listened on.
bool IsLocal(const std::string& address);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_LISTEN_ADDRESS_H_

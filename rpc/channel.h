#ifndef LOCKSTITCH_RPC_CHANNEL_H_
#define LOCKSTITCH_RPC_CHANNEL_H_

#include <memory>
#include <string>

namespace grpc {
class Channel;
}

namespace lockstitch::rpc {

using Channel = std::shared_ptr<grpc::Channel>;

// A channel to the service at `target`, a gRPC name (HOST:PORT, dns:///NAME:PORT, unix:PATH). Calls
// go round the addresses that the name has; keepalive notices a peer that is stopped or cut off.
Channel Connect(const std::string& target);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CHANNEL_H_

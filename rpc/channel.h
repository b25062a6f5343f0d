#ifndef LOCKSTITCH_RPC_CHANNEL_H_
#define LOCKSTITCH_RPC_CHANNEL_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "rpc/tls.h"
#include "telemetry/metrics.h"

namespace grpc {
class Channel;
}

namespace lockstitch::rpc {

using Channel = std::shared_ptr<grpc::Channel>;

struct ConnectOptions {
  const Tls* tls = nullptr;  // None: plaintext. Need not outlive the channel.
  // What the server's certificate must name in place of the target's host. Optional.
  std::string server_name;
  // Asked for each call: what its metadata "authorization" is to hold. Optional.
  std::function<std::string()> authorization;
  // What calls are counted in, which must outlive the channel. Optional.
  telemetry::Metrics* metrics = nullptr;
};

// A channel to the service at `target`, a gRPC name (HOST:PORT, dns:///NAME:PORT, unix:PATH). Calls
// go round the addresses that the name has; keepalive notices a peer that is stopped or cut off.
// Calls carry the context of the thread that makes them.
Channel Connect(const std::string& target, const ConnectOptions& options = {});

// Waits at most `limit` for the service to answer: it may be starting. A call says why it doesn't.
void AwaitConnection(const Channel& channel, absl::Duration limit);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CHANNEL_H_

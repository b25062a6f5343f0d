#ifndef LOCKSTITCH_RPC_CHANNEL_H_
#define LOCKSTITCH_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "telemetry/metrics.h"

namespace grpc {
class Channel;
}

namespace lockstitch::rpc {

using Channel = std::shared_ptr<grpc::Channel>;

// A channel to the service at `target`, a gRPC name (HOST:PORT, dns:///NAME:PORT, unix:PATH). Calls
// go round the addresses that the name has; keepalive notices a peer that is stopped or cut off.
// Calls carry the context of the thread that makes them, and are counted in `metrics`, which must
// outlive the channel. Optional.
Channel Connect(const std::string& target, telemetry::Metrics* metrics = nullptr);

// Waits at most `limit` for the service to answer: it may be starting. A call says why it doesn't.
void AwaitConnection(const Channel& channel, absl::Duration limit);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CHANNEL_H_

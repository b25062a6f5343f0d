#ifndef LOCKSTITCH_RPC_STATUS_CONVERSION_H_
#define LOCKSTITCH_RPC_STATUS_CONVERSION_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace grpc {
class Status;
}

namespace lockstitch::rpc {

// The only place where statuses cross between absl and gRPC. Code, message, reason, remedy and
// every other payload survive both ways. Reason and remedy travel as google.rpc.ErrorInfo (domain
// "lockstitch", remedy in its metadata), so that foreign clients read them too; a message is cut
// short where they would not take it.
grpc::Status ToGrpc(const absl::Status& status);

// Errors that gRPC made itself have no reason: they get one, and name the `peer` that was called.
// CANCELLED is taken for the peer's doing: whoever cancelled itself knows better.
absl::Status FromGrpc(const grpc::Status& status, absl::string_view peer);

// Whether a call that failed so has ended without its peer: the connection broke, or none came
// about. What has become of the peer's work is unknown then. Of this process's own calls alone.
bool CallBroke(const absl::Status& status);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_STATUS_CONVERSION_H_

#ifndef LOCKSTITCH_RPC_UNARY_CALL_H_
#define LOCKSTITCH_RPC_UNARY_CALL_H_

#include <grpcpp/grpcpp.h>

#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rpc/status_conversion.h"
#include "status/reason.h"

namespace lockstitch::rpc {

// How long a unary call may take, and who may end it earlier. As it stands here it is for calls of
// a few statements.
struct CallLimits {
  absl::Duration deadline = absl::Minutes(5);
  std::stop_token stop;
};

// For calls that take as long as their statements do: long after their peer would have been missed.
inline constexpr absl::Duration kLongDeadline = absl::Hours(24);

// For adapters alone: calls the unary `method` of `stub`; `peer` is named in errors. STOPPED after
// a stop request.
template <typename Stub, typename Base, typename Request, typename Response>
absl::StatusOr<Response> Call(const std::string& peer, Stub& stub,
                              grpc::Status (Base::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request, const CallLimits& limits) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + limits.deadline));
  const std::stop_callback on_stop(limits.stop, [&] { context.TryCancel(); });
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return response;
  if (limits.stop.stop_requested())
    return Error(Reason::kStopped, "the call was cancelled by its caller");
  return FromGrpc(status, peer);
}

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_UNARY_CALL_H_

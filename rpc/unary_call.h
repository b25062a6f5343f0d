#ifndef LOCKSTITCH_RPC_UNARY_CALL_H_
#define LOCKSTITCH_RPC_UNARY_CALL_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/statusor.h"
#include "rpc/status_conversion.h"

namespace lockstitch::rpc {

// For adapters alone: calls the unary `method` of `stub`; `peer` is named in errors. Waits as long
// as the peer answers keepalive pings: how long a call may take is its server's matter.
template <typename Stub, typename Base, typename Request, typename Response>
absl::StatusOr<Response> Call(const std::string& peer, Stub& stub,
                              grpc::Status (Base::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpc(status, peer);
  return response;
}

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_UNARY_CALL_H_

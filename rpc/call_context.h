#ifndef LOCKSTITCH_RPC_CALL_CONTEXT_H_
#define LOCKSTITCH_RPC_CALL_CONTEXT_H_

#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "telemetry/call_context.h"

namespace grpc {
class ServerContextBase;
}

namespace lockstitch::rpc {

// For adapters alone: what the call is answered for, as its headers tell. Methods of the
// synchronous API need not ask: their threads work for it while they answer.
telemetry::CallContext ContextOf(const grpc::ServerContextBase& context);

// Gives each call of a client the context of the thread that makes it, and a span of its own;
// without one, that of a new trace.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> SendContext();

// Gives each call of a server that came without a trace one of its own, and tells of the call's end
// in the log, at DEBUG.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> ReceiveContext();

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_CALL_CONTEXT_H_

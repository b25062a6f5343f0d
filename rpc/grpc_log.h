#ifndef LOCKSTITCH_RPC_GRPC_LOG_H_
#define LOCKSTITCH_RPC_GRPC_LOG_H_

namespace lockstitch::rpc {

// Has gRPC write what it would to stderr, handshakes that fail for example, as lines of the log.
void KeepGrpcLog();

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_GRPC_LOG_H_

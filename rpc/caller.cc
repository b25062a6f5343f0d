#include "rpc/caller.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

namespace lockstitch::rpc {
namespace {

// What gRPC calls connections to a server of LocalServerCredentials.
constexpr char kLocalTransport[] = "local";

// What gRPC says of the peer of a call that came over no connection.
constexpr char kNoPeer[] = "unknown";

}  // namespace

Caller CallerOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> connection = context.auth_context();
  std::string transport;
  for (const auto& type :
       connection->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME))
    transport.assign(type.data(), type.size());
  // Every connection has a type, insecure ones too.
  if (transport.empty() && context.peer() == kNoPeer) return {.local = true};
  Caller caller = {.local = transport == kLocalTransport};
  caller.plaintext = transport != GRPC_TLS_TRANSPORT_SECURITY_TYPE;
  if (caller.plaintext) return caller;
  // Authorities bind DNS names; the common name counts only where there is none.
  for (const char* property : {GRPC_PEER_DNS_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME}) {
    if (!caller.certificate_names.empty()) break;
    for (const auto& name : connection->FindPropertyValues(property))
      caller.certificate_names.emplace_back(name.data(), name.size());
  }
  return caller;
}

}  // namespace lockstitch::rpc

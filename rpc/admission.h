#ifndef LOCKSTITCH_RPC_ADMISSION_H_
#define LOCKSTITCH_RPC_ADMISSION_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "access/gate.h"

namespace lockstitch::rpc {

// How calls are let into a server. An interceptor, which every rpc::Server has, asks the gate
// before the call's handler runs: it knows the method from gRPC itself, so that no handler can name
// another one. It can't answer the call, since an interceptor of a server can't; so it leaves its
// decision with the call's context, and every handler begins with RETURN_IF_REFUSED, which refuses
// with reason and details as every other error. What the interceptor left nothing for is refused.
// tests/security calls every method of every server to see that none is without it.
//
// Refusals, and users' changes with what became of them, are told in the audit log.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> Admission(
    access::Gate* gate);

// What was decided of the call of this context.
grpc::Status AdmissionOf(const grpc::ServerContextBase& context);

// For adapters alone: answers a refused call, as a status or as the reactor that ends with it.
class Refusal {
 public:
  explicit Refusal(grpc::Status status) : status_(std::move(status)) {}

  operator grpc::Status() const { return status_; }
  template <typename Response>
  operator grpc::ServerWriteReactor<Response>*() const {
    return new Ended<grpc::ServerWriteReactor<Response>>(status_);
  }
  template <typename Request, typename Response>
  operator grpc::ServerBidiReactor<Request, Response>*() const {
    return new Ended<grpc::ServerBidiReactor<Request, Response>>(status_);
  }

 private:
  template <typename Reactor>
  class Ended final : public Reactor {
   public:
    explicit Ended(const grpc::Status& status) { this->Finish(status); }
    void OnDone() override { delete this; }
  };

  grpc::Status status_;
};

}  // namespace lockstitch::rpc

// The first statement of every handler. `context` points to its server context.
#define RETURN_IF_REFUSED(context)                                                          \
  if (grpc::Status admission = ::lockstitch::rpc::AdmissionOf(*(context)); !admission.ok()) \
  return ::lockstitch::rpc::Refusal(std::move(admission))

#endif  // LOCKSTITCH_RPC_ADMISSION_H_

#include "rpc/admission.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/strip.h"
#include "access/decision.h"
#include "access/principal.h"
#include "access/rules.h"
#include "google/rpc/status.pb.h"
#include "rpc/caller.h"
#include "rpc/requested_resource.h"
#include "rpc/status_conversion.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// Among the call's metadata, which is what an interceptor can hand to a handler: kLetIn, or the
// details of the call's refusal. What a caller sends under this name is dropped.
constexpr char kAdmission[] = "lockstitch-admission";
constexpr char kLetIn[] = "let in";

class Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(access::Gate* gate, grpc::experimental::ServerRpcInfo* info)
      : gate_(gate),
        context_(info->server_context()),
        entry_{.method = std::string(absl::StripPrefix(info->method(), "/"))},
        rule_(access::RuleOf(entry_.method)) {}

  // A call that its client gave up ends without a status.
  ~Interceptor() override {
    if (under_way_) gate_->End(*under_way_);
    if (changes_) Changed(Error(Reason::kStopped, "the caller has gone"));
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA))
      Decide(methods->GetRecvInitialMetadata());
    // Of a change the request is one message, and comes with the metadata.
    if (changes_ && methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE))
      ReadRequest(methods->GetRecvMessage());
    if (changes_ && methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS))
      Changed(FromGrpc(methods->GetSendStatus(), "scheduler"));
    methods->Proceed();
  }

 private:
  void Decide(Metadata* metadata) {
    entry_.peer = context_->peer();
    const absl::Status decision = Judge(*metadata);
    if (!decision.ok()) {
      entry_.refused = true;
      entry_.status = decision;
      gate_->Audit(entry_);
      refusal_ = ToGrpc(decision).error_details();
    } else {
      changes_ = rule_ != nullptr && rule_->changes;
    }
    metadata->erase(kAdmission);
    metadata->emplace(kAdmission, decision.ok() ? grpc::string_ref(kLetIn) : refusal_);
  }

  absl::Status Judge(const Metadata& metadata) {
    const Caller caller = CallerOf(*context_);
    access::Credentials credentials = {.local = caller.local,
                                       .plaintext = caller.plaintext,
                                       .certificate_names = caller.certificate_names};
    const auto [first, last] = metadata.equal_range("authorization");
    for (auto header = first; header != last; ++header)
      credentials.authorization.emplace_back(header->second.data(), header->second.size());
    const absl::StatusOr<access::Principal> principal = gate_->Identify(entry_.method, credentials);
    if (!principal.ok()) return principal.status();
    entry_.principal = principal->name;
    RETURN_IF_ERROR(access::Decide(entry_.method, *principal));
    RETURN_IF_ERROR(gate_->Begin(*principal));
    under_way_ = *principal;
    return absl::OkStatus();
  }

  void ReadRequest(void* message) {
    if (message == nullptr) return;
    const RequestedResource requested =
        ResourceOf(*static_cast<google::protobuf::Message*>(message));
    entry_.resource = requested.name;
    changes_ = !requested.dry_run;
  }

  void Changed(absl::Status status) {
    changes_ = false;
    entry_.status = std::move(status);
    gate_->Audit(entry_);
  }

  access::Gate* gate_;
  grpc::ServerContextBase* context_;
  access::AuditEntry entry_;
  const access::Rule* rule_;
  std::optional<access::Principal> under_way_;
  std::string refusal_;   // Stays where the metadata points to.
  bool changes_ = false;  // Let in, changes something, and not told yet.
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(access::Gate* gate) : gate_(gate) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new Interceptor(gate_, info);
  }

 private:
  access::Gate* gate_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> Admission(
    access::Gate* gate) {
  return std::make_unique<Factory>(gate);
}

grpc::Status AdmissionOf(const grpc::ServerContextBase& context) {
  const Metadata& metadata = context.client_metadata();
  const auto admission = metadata.find(kAdmission);
  if (admission == metadata.end())
    return ToGrpc(Error(Reason::kCallNotAllowed, "the call was let in by nobody"));
  if (admission->second == kLetIn) return grpc::Status::OK;
  const std::string details(admission->second.data(), admission->second.size());
  google::rpc::Status refusal;
  if (!refusal.ParseFromString(details) || refusal.code() == 0)
    return ToGrpc(Error(Reason::kCallNotAllowed, "the call was let in by nobody"));
  return grpc::Status(static_cast<grpc::StatusCode>(refusal.code()), refusal.message(), details);
}

}  // namespace lockstitch::rpc

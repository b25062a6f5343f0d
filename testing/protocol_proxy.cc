#include "testing/protocol_proxy.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "rpc/channel.h"

namespace lockstitch::testing {
namespace {

using grpc::ByteBuffer;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// A call that is cancelled looks like one whose requests have ended until gRPC has told the rest.
constexpr std::chrono::milliseconds kUntilCancelled(50);

// Pings of clients that the services allow as well.
constexpr int kMinPingIntervalMs = 1000;

// What was dropped in all calls.
class Journal {
 public:
  void Add(const std::set<std::string>& dropped) {
    absl::MutexLock lock(&mutex_);
    dropped_.insert(dropped.begin(), dropped.end());
  }
  std::set<std::string> Get() const {
    absl::MutexLock lock(&mutex_);
    return dropped_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::set<std::string> dropped_ ABSL_GUARDED_BY(mutex_);
};

std::string BytesOf(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  static_cast<void>(buffer.Dump(&slices));
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// Calls add(key, value) for what callers and handlers have set; the rest is each connection's own.
template <typename Add>
void PassOn(const Metadata& metadata, Add add) {
  for (const auto& [key, value] : metadata) {
    const std::string name(key.data(), key.size());
    if (name == "user-agent" || absl::StartsWith(name, "grpc-")) continue;
    add(name, std::string(value.data(), value.size()));
  }
}

// One call. Requests and answers go on one by one: the next is read once the last is written. Owned
// by gRPC until OnDone.
class Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(grpc::GenericCallbackServerContext* context, grpc::GenericStub* stub,
       const ProtocolImage* image, Journal* journal)
      : context_(context),
        image_(image),
        method_(image->FindMethod(context->method())),
        journal_(journal),
        onward_(this) {
    PassOn(context->client_metadata(), [&](const std::string& key, const std::string& value) {
      onward_context_.AddMetadata(key, value);
    });
    onward_context_.set_deadline(context->deadline());
    stub->PrepareBidiStreamingCall(&onward_context_, context->method(), {}, &onward_);
    // For requests and for answers: each side starts the other's next step.
    onward_.AddMultipleHolds(2);
    onward_.StartCall();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (requests_ended_) return;
    writing_ = true;
    if (!ok) {
      ending_.Set(std::chrono::system_clock::now() + kUntilCancelled,
                  [this](bool) { EndOnward(); });
      return;
    }
    request_ = Reencoded(method_->input_type(), request_);
    onward_.StartWrite(&request_);
  }
  void OnWriteDone(bool) override { onward_.StartRead(&answer_); }
  void OnCancel() override { onward_context_.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  // The call to the server.
  class Onward final : public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer> {
   public:
    explicit Onward(Call* call) : call_(call) {}

    void OnReadInitialMetadataDone(bool ok) override {
      if (ok) call_->BeginAnswers();
      StartRead(&call_->answer_);
    }
    void OnWriteDone(bool ok) override { call_->WroteRequest(/*last=*/!ok); }
    void OnWritesDoneDone(bool) override { call_->WroteRequest(/*last=*/true); }
    void OnReadDone(bool ok) override {
      if (ok) return call_->Answer();
      call_->EndRequests();
      RemoveHold();
    }
    void OnDone(const grpc::Status& status) override { call_->End(status); }

   private:
    Call* call_;
  };

  void EndOnward() {
    if (context_->IsCancelled()) onward_context_.TryCancel();
    onward_.StartWritesDone();
  }

  ByteBuffer Reencoded(const google::protobuf::Descriptor* type, const ByteBuffer& buffer) {
    std::set<std::string> dropped;
    const grpc::Slice slice(image_->Reencode(type, BytesOf(buffer), &dropped));
    if (!dropped.empty()) journal_->Add(dropped);
    return ByteBuffer(&slice, 1);
  }

  void WroteRequest(bool last) {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (last) requests_ended_ = true;
    if (requests_ended_) return onward_.RemoveHold();
    StartRead(&request_);
  }

  // The server takes no more. A request that is being written lets go of the call itself.
  void EndRequests() {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(requests_ended_, true) || writing_) return;
    onward_.RemoveHold();
  }

  void BeginAnswers() {
    PassOn(onward_context_.GetServerInitialMetadata(),
           [&](const std::string& key, const std::string& value) {
             context_->AddInitialMetadata(key, value);
           });
    StartSendInitialMetadata();
  }

  void Answer() {
    answer_ = Reencoded(method_->output_type(), answer_);
    StartWrite(&answer_);
  }

  void End(const grpc::Status& status) {
    PassOn(onward_context_.GetServerTrailingMetadata(),
           [&](const std::string& key, const std::string& value) {
             context_->AddTrailingMetadata(key, value);
           });
    Finish(status);
  }

  grpc::GenericCallbackServerContext* context_;
  const ProtocolImage* image_;
  const google::protobuf::MethodDescriptor* method_;
  Journal* journal_;
  grpc::ClientContext onward_context_;
  Onward onward_;
  ByteBuffer request_, answer_;
  grpc::Alarm ending_;

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool requests_ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// A call that the protocol does not have.
class Unknown final : public grpc::ServerGenericBidiReactor {
 public:
  Unknown() { Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "")); }
  void OnDone() override { delete this; }
};

}  // namespace

class ProtocolProxy::Service final : public grpc::CallbackGenericService {
 public:
  Service(const ProtocolImage* image, const std::string& address)
      : image_(image), stub_(rpc::Connect(address)) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               kMinPingIntervalMs);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }

  ~Service() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (image_->FindMethod(context->method()) != nullptr)
      return new Call(context, &stub_, image_, &journal_);
    journal_.Add({context->method()});
    return new Unknown();
  }

  const std::string& address() const { return address_; }
  std::set<std::string> dropped() const { return journal_.Get(); }

 private:
  const ProtocolImage* image_;
  grpc::GenericStub stub_;
  Journal journal_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

ProtocolProxy::ProtocolProxy(const ProtocolImage* image, const std::string& address)
    : service_(std::make_unique<Service>(image, address)) {}
ProtocolProxy::~ProtocolProxy() = default;

const std::string& ProtocolProxy::address() const { return service_->address(); }
std::set<std::string> ProtocolProxy::dropped() const { return service_->dropped(); }

}  // namespace lockstitch::testing

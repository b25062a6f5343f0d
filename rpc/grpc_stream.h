#ifndef LOCKSTITCH_RPC_GRPC_STREAM_H_
#define LOCKSTITCH_RPC_GRPC_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "rpc/status_conversion.h"
#include "rpc/stream.h"
#include "status/reason.h"

namespace lockstitch::rpc {

// For adapters alone: the streams of stream.h over gRPC's.

template <typename In, typename Out>
class GrpcServerStream final : public ServerStream<In, Out> {
 public:
  GrpcServerStream(grpc::ServerContext* context, grpc::ServerReaderWriter<Out, In>* stream)
      : context_(context), stream_(stream) {}

  bool Read(In* message) override { return stream_->Read(message); }
  bool Write(const Out& message) override { return stream_->Write(message); }
  void Cancel() override { context_->TryCancel(); }
  bool cancelled() const override { return context_->IsCancelled(); }

 private:
  grpc::ServerContext* context_;
  grpc::ServerReaderWriter<Out, In>* stream_;
};

template <typename Out, typename In>
class GrpcClientStream final : public ClientStream<Out, In> {
 public:
  using Stream = std::unique_ptr<grpc::ClientReaderWriter<Out, In>>;

  // `open` starts the call, with the first message: a stub's method. `peer` is named in errors.
  GrpcClientStream(std::string peer, std::function<Stream(grpc::ClientContext*)> open)
      : peer_(std::move(peer)), open_(std::move(open)) {}
  ~GrpcClientStream() override {
    if (stream_ == nullptr || finished_) return;
    context_.TryCancel();
    stream_->Finish();
  }

  bool Write(const Out& message) override {
    if (stream_ == nullptr) stream_ = open_(&context_);
    return stream_->Write(message);
  }
  bool Read(In* message) override { return stream_->Read(message); }
  absl::Status Finish() override {
    finished_ = true;
    const absl::Status status = FromGrpc(stream_->Finish(), peer_);
    return cancelled_ && !status.ok()
               ? Error(Reason::kStopped, "the call was cancelled by its caller")
               : status;
  }
  void Cancel() override {
    cancelled_ = true;
    context_.TryCancel();
  }

 private:
  std::string peer_;
  grpc::ClientContext context_;
  const std::function<Stream(grpc::ClientContext*)> open_;
  Stream stream_;
  bool finished_ = false;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_GRPC_STREAM_H_

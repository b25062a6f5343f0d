#include "verification/checksum_client.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "lockstitch/v1/checksum.grpc.pb.h"
#include "rpc/progress_deadline.h"
#include "rpc/status_conversion.h"
#include "status/reason.h"

namespace lockstitch::verification {

struct ChecksumClient::Stub {
  explicit Stub(const rpc::Channel& channel) : service(channel) {}
  v1::ChecksumService::Stub service;
};

ChecksumClient::ChecksumClient(rpc::Channel channel, std::string name)
    : stub_(std::make_unique<Stub>(channel)), name_(std::move(name)) {}

ChecksumClient::~ChecksumClient() = default;

absl::Status ChecksumClient::Checksum(
    const v1::ChecksumRequest& request,
    const std::function<void(const v1::ChecksumResponse&)>& listener, const Limits& limits) const {
  grpc::ClientContext context;
  const auto reader = stub_->service.Checksum(&context, request);
  const std::stop_callback on_stop(limits.stop, [&] { context.TryCancel(); });
  rpc::ProgressDeadline deadline(limits.progress_deadline, [&] { context.TryCancel(); });
  v1::ChecksumResponse response;
  while (reader->Read(&response)) {
    deadline.Touch();
    listener(response);
  }
  const absl::Status status = rpc::FromGrpc(reader->Finish(), name_);
  if (status.ok()) return status;
  if (limits.stop.stop_requested())
    return Error(Reason::kStopped, "the call was cancelled by its caller");
  if (!deadline.stalled()) return status;
  return Error(Reason::kProgressStalled,
               absl::StrCat("the ", name_, " reported nothing for ",
                            absl::FormatDuration(limits.progress_deadline)));
}

}  // namespace lockstitch::verification

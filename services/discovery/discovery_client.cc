#include "services/discovery/discovery_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lockstitch/v1/discovery.grpc.pb.h"
#include "rpc/progress_deadline.h"
#include "rpc/status_conversion.h"
#include "rpc/unary_call.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::discovery {

using Service = v1::DiscoveryService::Stub;

struct DiscoveryClient::Stub {
  explicit Stub(const rpc::Channel& channel) : service(channel) {}
  v1::DiscoveryService::Stub service;
};

DiscoveryClient::DiscoveryClient(rpc::Channel channel, std::string name, absl::Duration patience)
    : stub_(std::make_unique<Stub>(channel)), name_(std::move(name)), patience_(patience) {}

DiscoveryClient::~DiscoveryClient() = default;

absl::Status DiscoveryClient::ReadResponses(const v1::Source& source, const Sink& sink,
                                            std::stop_token stop) const {
  grpc::ClientContext context;
  const std::stop_callback on_stop(stop, [&] { context.TryCancel(); });
  rpc::ProgressDeadline deadline(patience_, [&] { context.TryCancel(); });
  v1::DiscoverRequest request;
  *request.mutable_source() = source;
  const auto reader = stub_->service.Discover(&context, request);
  v1::DiscoverResponse response;
  while (reader->Read(&response)) {
    deadline.Touch();
    sink(response);
  }
  const absl::Status status = rpc::FromGrpc(reader->Finish(), name_);
  if (!status.ok() && stop.stop_requested())
    return Error(Reason::kStopped, "discovery was stopped");
  if (!status.ok() && deadline.stalled()) {
    return Error(Reason::kProgressStalled, absl::StrCat("the ", name_, " sent nothing for ",
                                                        absl::FormatDuration(patience_)));
  }
  return status;
}

absl::Status DiscoveryClient::Discover(const v1::Source& source,
                                       const std::function<void(v1::Table)>& sink,
                                       std::stop_token stop) const {
  return ReadResponses(
      source,
      [&](v1::DiscoverResponse& response) {
        for (v1::Table& table : *response.mutable_tables()) sink(std::move(table));
      },
      stop);
}

absl::StatusOr<Catalog> DiscoveryClient::Discover(const v1::Source& source,
                                                  std::stop_token stop) const {
  Catalog catalog;
  RETURN_IF_ERROR(ReadResponses(
      source,
      [&](v1::DiscoverResponse& response) {
        if (response.has_server()) catalog.server = response.server();
        for (v1::Table& table : *response.mutable_tables())
          catalog.tables.push_back(std::move(table));
      },
      stop));
  return catalog;
}

absl::StatusOr<std::vector<v1::CheckStep>> DiscoveryClient::CheckConnection(
    const v1::CheckConnectionRequest& request) const {
  ASSIGN_OR_RETURN(const v1::CheckConnectionResponse response,
                   rpc::Call(name_, stub_->service, &Service::CheckConnection, request,
                             {.deadline = patience_}));
  return std::vector<v1::CheckStep>(response.steps().begin(), response.steps().end());
}

}  // namespace lockstitch::discovery

#include "services/extractor/extractor_client.h"

#include <utility>

#include "lockstitch/v1/extractor.grpc.pb.h"
#include "rpc/grpc_stream.h"

namespace lockstitch::extractor {

struct ExtractorClient::Stub {
  explicit Stub(const rpc::Channel& channel) : service(channel) {}
  v1::ExtractorService::Stub service;
};

ExtractorClient::ExtractorClient(rpc::Channel channel, std::string name)
    : stub_(std::make_unique<Stub>(channel)), name_(std::move(name)) {}

ExtractorClient::~ExtractorClient() = default;

std::unique_ptr<ExtractorClient::ExtractStream> ExtractorClient::Extract() const {
  return std::make_unique<rpc::GrpcClientStream<v1::ExtractRequest, v1::ExtractResponse>>(
      name_, [this](grpc::ClientContext* context) { return stub_->service.Extract(context); });
}

}  // namespace lockstitch::extractor

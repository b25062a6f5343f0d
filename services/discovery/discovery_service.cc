#include "services/discovery/discovery_service.h"

#include <utility>

#include "lockstitch/v1/discovery.grpc.pb.h"
#include "rpc/status_conversion.h"

namespace lockstitch::discovery {
namespace {

constexpr int kTablesPerResponse = 200;

class Service final : public v1::DiscoveryService::Service {
 public:
  explicit Service(Discovery* discovery) : discovery_(discovery) {}

  grpc::Status Discover(grpc::ServerContext*, const v1::DiscoverRequest* request,
                        grpc::ServerWriter<v1::DiscoverResponse>* writer) override {
    absl::StatusOr<std::vector<v1::Table>> tables = discovery_->Discover(request->source());
    if (!tables.ok()) return rpc::ToGrpc(tables.status());
    v1::DiscoverResponse response;
    for (v1::Table& table : *tables) {
      *response.add_tables() = std::move(table);
      if (response.tables_size() < kTablesPerResponse) continue;
      if (!writer->Write(response)) return grpc::Status::OK;
      response.Clear();
    }
    if (response.tables_size() > 0) writer->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status CheckConnection(grpc::ServerContext*, const v1::CheckConnectionRequest* request,
                               v1::CheckConnectionResponse* response) override {
    const absl::StatusOr<std::vector<v1::CheckStep>> steps =
        discovery_->CheckConnection(request->source());
    if (!steps.ok()) return rpc::ToGrpc(steps.status());
    response->mutable_steps()->Add(steps->begin(), steps->end());
    return grpc::Status::OK;
  }

 private:
  Discovery* discovery_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeService(Discovery* discovery) {
  return std::make_shared<Service>(discovery);
}

}  // namespace lockstitch::discovery

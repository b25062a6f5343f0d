// Stands for discovery, extractor and loader at once, as a scheduler sees them: every source has
// one table, and every run takes as long as it is told to and loads so many rows. `fake_services
// SECONDS`; tells its address on stdout.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/time/clock.h"
#include "lockstitch/v1/discovery.grpc.pb.h"
#include "lockstitch/v1/extractor.grpc.pb.h"
#include "lockstitch/v1/loader.grpc.pb.h"

namespace lockstitch {
namespace {

constexpr int kRows = 1'000;

class FakeDiscovery final : public v1::DiscoveryService::Service {
  grpc::Status Discover(grpc::ServerContext*, const v1::DiscoverRequest*,
                        grpc::ServerWriter<v1::DiscoverResponse>* writer) override {
    v1::DiscoverResponse response;
    response.mutable_server()->set_version(150000);
    v1::Table& table = *response.add_tables();
    table.mutable_name()->set_schema("public");
    table.mutable_name()->set_name("t");
    table.set_kind(v1::TABLE_KIND_TABLE);
    table.add_primary_key("id");
    v1::Column& column = *table.add_columns();
    column.set_name("id");
    column.mutable_type()->set_name("int4");
    writer->Write(response);
    return grpc::Status::OK;
  }
};

class FakeLoader final : public v1::LoaderService::Service {
  grpc::Status RegisterStreams(grpc::ServerContext*, const v1::RegisterStreamsRequest* request,
                               v1::RegisterStreamsResponse* response) override {
    response->set_first(true);
    response->set_integration_uid(request->integration_uid());
    return grpc::Status::OK;
  }
  grpc::Status ReserveRun(grpc::ServerContext*, const v1::ReserveRunRequest*,
                          v1::ReserveRunResponse* response) override {
    response->set_fence(++fence_);
    return grpc::Status::OK;
  }
  grpc::Status AbortLoad(grpc::ServerContext*, const v1::AbortLoadRequest*,
                         v1::AbortLoadResponse* response) override {
    response->mutable_result()->set_outcome(v1::LOAD_OUTCOME_ABORTED);
    return grpc::Status::OK;
  }

  std::atomic<int64_t> fence_ = 0;
};

class FakeExtractor final : public v1::ExtractorService::Service {
 public:
  explicit FakeExtractor(absl::Duration duration) : duration_(duration) {}

 private:
  using Stream = grpc::ServerReaderWriter<v1::ExtractResponse, v1::ExtractRequest>;

  grpc::Status Extract(grpc::ServerContext*, Stream* stream) override {
    v1::ExtractRequest request;
    if (!stream->Read(&request) || !request.has_offer()) return grpc::Status::CANCELLED;
    const std::string table = request.offer().target().integration() + ".t";
    v1::ExtractResponse response;
    response.mutable_accepted()->set_protocol(2);
    stream->Write(response);
    if (!stream->Read(&request) || !request.has_go()) return grpc::Status::CANCELLED;
    response.mutable_begun()->set_destination_table(table);
    stream->Write(response);
    absl::SleepFor(duration_);
    response.mutable_progress()->set_rows_extracted(kRows);
    response.mutable_progress()->set_rows_loaded(kRows);
    stream->Write(response);
    response.mutable_log()->set_severity(v1::SEVERITY_INFO);
    response.mutable_log()->set_message("key and indexes are built");
    stream->Write(response);
    v1::LoadResult& result = *response.mutable_finished();
    result.set_outcome(v1::LOAD_OUTCOME_PUBLISHED);
    result.set_destination_table(table);
    result.set_rows(kRows);
    result.set_run_rows(kRows);
    result.set_table_version(1);
    stream->Write(response);
    return grpc::Status::OK;
  }

  const absl::Duration duration_;
};

int Main(double seconds) {
  FakeDiscovery discovery;
  FakeLoader loader;
  FakeExtractor extractor(absl::Seconds(seconds));
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&discovery);
  builder.RegisterService(&loader);
  builder.RegisterService(&extractor);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return EXIT_FAILURE;
  std::cout << "127.0.0.1:" << port << std::endl;
  server->Wait();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace lockstitch

int main(int argc, char** argv) { return lockstitch::Main(argc > 1 ? std::atof(argv[1]) : 0.2); }

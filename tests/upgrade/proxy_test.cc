// What stands in for an older peer changes messages alone.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lockstitch/v1/loader.grpc.pb.h"
#include "testing/protocol_proxy.h"
#include "tests/upgrade/mixed_stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Pair;

// Far off, for calls that no test waits so long for.
constexpr auto kDeadline = std::chrono::minutes(60);

// Keeps what came, and answers with fields that protocol 1 does not have.
class Loader final : public v1::LoaderService::Service {
 public:
  grpc::Status BeginLoad(grpc::ServerContext* context, const v1::BeginLoadRequest* request,
                         v1::BeginLoadResponse* response) override {
    begun = *request;
    deadline = context->deadline();
    for (const auto& [key, value] : context->client_metadata())
      metadata.emplace(std::string(key.data(), key.size()),
                       std::string(value.data(), value.size()));
    context->AddInitialMetadata("first", "1");
    context->AddTrailingMetadata("last", "2");
    response->mutable_plan()->set_destination_table("s.t");
    response->mutable_plan()->set_why_anew("new");
    response->set_protocol(2);
    return grpc::Status::OK;
  }
  grpc::Status FinishLoad(grpc::ServerContext*, const v1::FinishLoadRequest*,
                          v1::FinishLoadResponse*) override {
    return grpc::Status(grpc::StatusCode::ABORTED, "what happened", std::string("a\0b", 3));
  }
  // Answers each chunk end, and ends when the caller does, or at once for a chunk numbered 9.
  grpc::Status Load(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::LoadResponse, v1::LoadRequest>* call) override {
    v1::LoadRequest request;
    while (call->Read(&request)) {
      if (request.chunk_end().chunk() == 9)
        return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "nine");
      v1::LoadResponse response;
      response.mutable_durable()->set_chunk(request.chunk_end().chunk());
      call->Write(response);
    }
    if (context->IsCancelled()) cancelled.Notify();
    return grpc::Status::OK;
  }
  grpc::Status PreviewLoads(grpc::ServerContext*, const v1::PreviewLoadsRequest*,
                            v1::PreviewLoadsResponse*) override {
    return grpc::Status::OK;
  }

  v1::BeginLoadRequest begun;
  std::chrono::system_clock::time_point deadline;
  std::multimap<std::string, std::string> metadata;
  absl::Notification cancelled;
};

class ProxyTest : public ::testing::Test {
 protected:
  ProxyTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&loader_);
    server_ = builder.BuildAndStart();
    proxy_ =
        std::make_unique<testing::ProtocolProxy>(&Protocol1(), "127.0.0.1:" + std::to_string(port));
    stub_ = v1::LoaderService::NewStub(
        grpc::CreateChannel(proxy_->address(), grpc::InsecureChannelCredentials()));
  }
  ~ProxyTest() override {
    stub_.reset();
    proxy_.reset();
    server_->Shutdown();
  }

  static v1::LoadRequest ChunkEnd(uint32_t chunk) {
    v1::LoadRequest request;
    request.mutable_chunk_end()->set_chunk(chunk);
    return request;
  }

  Loader loader_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<testing::ProtocolProxy> proxy_;
  std::unique_ptr<v1::LoaderService::Stub> stub_;
  grpc::ClientContext context_;
};

TEST_F(ProxyTest, WhatTheProtocolDoesNotKnowIsDroppedEitherWay) {
  v1::BeginLoadRequest request;
  request.mutable_claim()->set_run_id("r");
  request.mutable_settings()->set_stream("t");
  request.set_protocol(2);
  request.mutable_table()->set_oid(5);
  v1::BeginLoadResponse response;
  ASSERT_TRUE(stub_->BeginLoad(&context_, request, &response).ok());
  EXPECT_EQ(loader_.begun.ShortDebugString(), "claim { run_id: \"r\" } table { }");
  EXPECT_EQ(response.ShortDebugString(), "plan { destination_table: \"s.t\" }");
  EXPECT_THAT(proxy_->dropped(),
              ElementsAre("lockstitch.v1.BeginLoadRequest.20", "lockstitch.v1.BeginLoadRequest.21",
                          "lockstitch.v1.BeginLoadResponse.3", "lockstitch.v1.LoadPlan.18",
                          "lockstitch.v1.Table.14"));
}

TEST_F(ProxyTest, ACallThatTheProtocolDoesNotHaveIsUnimplemented) {
  v1::PreviewLoadsResponse response;
  EXPECT_EQ(stub_->PreviewLoads(&context_, {}, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(proxy_->dropped(), ElementsAre("/lockstitch.v1.LoaderService/PreviewLoads"));
}

TEST_F(ProxyTest, MetadataAndDeadlinesPass) {
  context_.AddMetadata("asked", "0");
  const auto deadline = std::chrono::system_clock::now() + kDeadline;
  context_.set_deadline(deadline);
  v1::BeginLoadResponse response;
  ASSERT_TRUE(stub_->BeginLoad(&context_, {}, &response).ok());
  EXPECT_THAT(loader_.metadata, Contains(Pair("asked", "0")));
  EXPECT_LT(std::chrono::abs(loader_.deadline - deadline), kDeadline / 2);
  EXPECT_THAT(context_.GetServerInitialMetadata(), Contains(Key("first")));
  EXPECT_THAT(context_.GetServerTrailingMetadata(), Contains(Key("last")));
}

TEST_F(ProxyTest, StatusesPassWithTheirDetails) {
  v1::FinishLoadResponse response;
  const grpc::Status status = stub_->FinishLoad(&context_, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "what happened");
  EXPECT_EQ(status.error_details(), std::string("a\0b", 3));
}

TEST_F(ProxyTest, StreamsGoOnBothWaysUntilTheCallerEndsThem) {
  const auto call = stub_->Load(&context_);
  v1::LoadResponse response;
  for (uint32_t chunk = 0; chunk < 5; ++chunk) {
    ASSERT_TRUE(call->Write(ChunkEnd(chunk)));
    ASSERT_TRUE(call->Read(&response));
    EXPECT_EQ(response.durable().chunk(), chunk);
  }
  ASSERT_TRUE(call->WritesDone());
  EXPECT_FALSE(call->Read(&response));
  EXPECT_TRUE(call->Finish().ok());
}

TEST_F(ProxyTest, AServerThatEndsAStreamEndsItForTheCaller) {
  const auto call = stub_->Load(&context_);
  v1::LoadResponse response;
  ASSERT_TRUE(call->Write(ChunkEnd(9)));
  EXPECT_FALSE(call->Read(&response));
  EXPECT_EQ(call->Finish().error_message(), "nine");
}

TEST_F(ProxyTest, TheCallersEndAndItsCancellationReachTheServer) {
  {
    const auto call = stub_->Load(&context_);
    ASSERT_TRUE(call->WritesDone());
    EXPECT_TRUE(call->Finish().ok());
  }
  grpc::ClientContext context;
  const auto call = stub_->Load(&context);
  v1::LoadResponse response;
  ASSERT_TRUE(call->Write(ChunkEnd(1)));
  ASSERT_TRUE(call->Read(&response));
  context.TryCancel();
  loader_.cancelled.WaitForNotification();
  EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace lockstitch::tests

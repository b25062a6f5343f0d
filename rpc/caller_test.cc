#include "rpc/caller.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lockstitch/v1/discovery.grpc.pb.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "telemetry/metrics.h"
#include "testing/temporary_folder.h"

namespace lockstitch::rpc {
namespace {

// Remembers who called it last.
class Service final : public v1::DiscoveryService::Service {
 public:
  grpc::Status CheckConnection(grpc::ServerContext* context, const v1::CheckConnectionRequest*,
                               v1::CheckConnectionResponse*) override {
    caller = CallerOf(*context);
    return grpc::Status::OK;
  }

  Caller caller;
};

class CallerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Server> Listen(const std::string& address, bool plaintext = false) {
    auto server = Server::Start(
        {.listen = address, .plaintext = plaintext, .services = {service_}, .metrics = &metrics_});
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  Caller CallThrough(const Channel& channel) {
    grpc::ClientContext context;
    v1::CheckConnectionResponse response;
    const grpc::Status status = v1::DiscoveryService::NewStub(channel)->CheckConnection(
        &context, v1::CheckConnectionRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return service_->caller;
  }

 private:
  std::shared_ptr<Service> service_ = std::make_shared<Service>();
  telemetry::NoMetrics metrics_;
};

TEST_F(CallerTest, InProcessIsLocal) {
  const auto server = Listen("");
  const Caller caller = CallThrough(server->InProcessChannel());
  EXPECT_TRUE(caller.local);
  EXPECT_FALSE(caller.plaintext);
  EXPECT_THAT(caller.certificate_names, ::testing::IsEmpty());
}

TEST_F(CallerTest, LoopbackAndUnixSocketsAreLocal) {
  const testing::TemporaryFolder folder;
  for (const std::string& address : {std::string("127.0.0.1:0"), std::string("localhost:0"),
                                     "unix:" + folder.path() + "/socket"}) {
    const auto server = Listen(address);
    const Caller caller = CallThrough(Connect(server->address()));
    EXPECT_TRUE(caller.local) << address;
    EXPECT_TRUE(caller.plaintext) << address;
    EXPECT_THAT(caller.certificate_names, ::testing::IsEmpty()) << address;
  }
}

// Who comes from this machine may be a proxy for others.
TEST_F(CallerTest, NobodyIsLocalToAServerThatIsReachedFromElsewhere) {
  for (const std::string address : {"0.0.0.0:0", "127.0.0.1:0"}) {
    const auto server = Listen(address, /*plaintext=*/true);
    const std::string port = server->address().substr(server->address().rfind(':'));
    const Caller caller = CallThrough(Connect("127.0.0.1" + port));
    EXPECT_FALSE(caller.local) << address;
    EXPECT_TRUE(caller.plaintext) << address;
    EXPECT_THAT(caller.certificate_names, ::testing::IsEmpty()) << address;
  }
}

}  // namespace
}  // namespace lockstitch::rpc

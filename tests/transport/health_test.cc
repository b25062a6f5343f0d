// Health at a port of its own, as kubelet asks for it.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/scheduler/secrets/secret_box.h"
#include "testing/certificate_authority.h"
#include "testing/postgres_cluster.h"
#include "testing/rendezvous.h"
#include "testing/temporary_folder.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

constexpr char kServing = 1, kNotServing = 2;

// A call with raw bytes, as any foreign client could make it.
class RawCall {
 public:
  RawCall(const std::string& address, const std::string& method, const std::string& request)
      : stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())),
        call_(stub_.PrepareCall(&context_, method, &queue_)) {
    call_->StartCall(nullptr);
    Await();
    const grpc::Slice slice(request);
    call_->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
    Await();
  }

  // The next response; nothing at the end.
  std::string Read() {
    grpc::ByteBuffer bytes;
    call_->Read(&bytes, nullptr);
    grpc::Slice whole;
    if (!Await() || !bytes.DumpToSingleSlice(&whole).ok()) return "";
    return std::string(reinterpret_cast<const char*>(whole.begin()), whole.size());
  }

  grpc::StatusCode Finish() {
    while (!Read().empty()) continue;
    grpc::Status status;
    call_->Finish(&status, nullptr);
    Await();
    return status.error_code();
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

// HealthCheckRequest and HealthCheckResponse: field 1 of each.
std::string RequestFor(const std::string& service) {
  return std::string("\x0a") + static_cast<char>(service.size()) + service;
}
std::string Response(char status) { return std::string("\x08") + status; }

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

class HealthTest : public ::testing::TestWithParam<std::string> {};

TEST_P(HealthTest, NeedsNoCertificateAndServesNothingElse) {
  const testing::CertificateAuthority authority;
  const testing::KeyPair pair = authority.Issue("own");
  const ServiceProcess service(
      GetParam(),
      {"--health-listen=127.0.0.1:0", "--tls-cert=" + authority.File("crt", pair.certificate),
       "--tls-key=" + authority.File("key", pair.key), "--tls-ca=" + authority.certificate_file()});
  const std::string address = service.health_address();
  for (const std::string name : {"", "readiness"}) {
    RawCall check(address, kCheck, RequestFor(name));
    EXPECT_EQ(check.Read(), Response(kServing)) << name;
    EXPECT_EQ(check.Finish(), grpc::StatusCode::OK) << name;
  }
  RawCall unknown(address, kCheck, RequestFor("other"));
  EXPECT_EQ(unknown.Finish(), grpc::StatusCode::NOT_FOUND);
  for (const char* method :
       {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/lockstitch.v1.LoaderService/GetState", "/lockstitch.v1.SchedulerService/RunOnce"}) {
    RawCall other(address, method, "");
    EXPECT_EQ(other.Finish(), grpc::StatusCode::UNIMPLEMENTED) << method;
  }
}

TEST_P(HealthTest, WhoStopsTakesNoWork) {
  ServiceProcess service(GetParam(), {"--health-listen=127.0.0.1:0"});
  RawCall watch(service.health_address(), kWatch, RequestFor("readiness"));
  ASSERT_EQ(watch.Read(), Response(kServing));
  service.process().Signal(SIGTERM);
  EXPECT_EQ(watch.Read(), Response(kNotServing));
  EXPECT_EQ(service.process().Wait(), 0);
}

TEST(LivenessTest, ALeaderWhoseLoopStandsStillIsToldUntilItGetsOn) {
  const testing::TemporaryFolder folder;
  const testing::PostgresCluster catalog;
  ASSERT_TRUE(scheduler::SecretBox::CreateFile(folder.path() + "/keys").ok());
  testing::Rendezvous step;
  const ServiceProcess scheduler(
      "scheduler",
      {"--health-listen=127.0.0.1:0", "--step-limit=1s", "--catalog=" + catalog.Url("postgres"),
       "--secret-keys=" + folder.path() + "/keys"},
      "scheduler.leader.step=" + step.action());
  step.AwaitArrival();
  RawCall own(scheduler.address(), kWatch, RequestFor(""));
  RawCall probe(scheduler.health_address(), kWatch, RequestFor(""));
  for (const char status : {kNotServing, kServing}) {
    for (RawCall* watch : {&own, &probe})
      while (watch->Read() != Response(status)) continue;
    step.Release();
  }
}

INSTANTIATE_TEST_SUITE_P(Services, HealthTest,
                         ::testing::Values("discovery", "extractor", "loader", "scheduler"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace lockstitch::tests

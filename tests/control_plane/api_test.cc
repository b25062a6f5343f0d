#include "tests/control_plane/api_test.h"

#include <optional>

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "rpc/status_conversion.h"
#include "services/scheduler/secrets/secret_box.h"
#include "testing/temporary_folder.h"

namespace lockstitch::tests {
namespace {

using ::lockstitch::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresCluster;

// The four services as processes, and a catalog.
struct Servers {
  std::string MakeKeys() const {
    const std::string path = folder.path() + "/keys";
    EXPECT_THAT(scheduler::SecretBox::CreateFile(path), IsOk());
    return path;
  }

  testing::TemporaryFolder folder;
  PostgresCluster catalog;
  ServiceProcess loader{"loader", {}};
  ServiceProcess discovery{"discovery", {}};
  ServiceProcess extractor{"extractor", {"--loader=" + loader.address()}};
  ServiceProcess scheduler{"scheduler",
                           {"--loader=" + loader.address(), "--discovery=" + discovery.address(),
                            "--extractor=" + extractor.address(),
                            "--catalog=" + catalog.Url("postgres"), "--secret-keys=" + MakeKeys()}};
  rpc::Channel channel = rpc::Connect(scheduler.address());
};

Servers& SharedServers() {
  static Servers servers;
  return servers;
}

std::string NextId() {
  static int number = 0;
  return "shop_" + std::to_string(++number);
}

}  // namespace

ApiTest::ApiTest()
    : id_(NextId()),
      name_("integrations/" + id_),
      catalog_(SharedServers().catalog.Url("postgres")),
      stubs_(SharedServers().channel, SharedServers().channel, SharedServers().channel) {}

void ApiTest::TearDown() {
  Servers& servers = SharedServers();
  for (ServiceProcess* service :
       {&servers.loader, &servers.discovery, &servers.extractor, &servers.scheduler})
    ExpectNoSecret(service->process().stderr_text());
}

void ApiTest::ExpectNoSecret(const std::string& text) {
  EXPECT_THAT(text, Not(HasSubstr(PostgresCluster::kPassword)));
}

absl::Status ApiTest::Received(const grpc::Status& status) {
  const absl::Status error = rpc::FromGrpc(status, "scheduler");
  if (error.ok()) return error;
  EXPECT_NE(status.error_details(), "") << error;  // It is the server's own.
  const std::optional<Reason> reason = ReasonOf(error);
  EXPECT_TRUE(reason && error.code() == InfoOf(*reason).status) << error;
  EXPECT_NE(error.message(), "") << error;
  EXPECT_NE(Explain(error).remedy, "") << error;
  ExpectNoSecret(error.ToString());
  return error;
}

absl::Status ApiTest::Watch(const std::string& name,
                            const std::function<void(const v1::JobEvent&)>& listener) {
  v1::WatchJobRequest request;
  request.set_name(name);
  grpc::ClientContext context;
  const auto reader = std::get<JobApi>(stubs_).WatchJob(&context, request);
  v1::WatchJobResponse response;
  while (reader->Read(&response)) {
    ExpectNoSecret(response.DebugString());
    listener(response.event());
  }
  return Received(reader->Finish());
}

v1::CreateIntegrationRequest ApiTest::Wanted(const std::vector<std::string>& streams) {
  v1::CreateIntegrationRequest request;
  *request.mutable_integration() = IntegrationOf(id_, source_url_, destination_url_, streams);
  request.mutable_integration()->mutable_schedule()->set_manual(true);
  return request;
}

v1::CreateIntegrationRequest ApiTest::Other(const std::string& suffix) {
  v1::CreateIntegrationRequest request = Wanted();
  request.mutable_integration()->set_name(id_ + suffix);
  return request;
}

v1::PostgresConnection ApiTest::Unreachable() {
  v1::PostgresConnection connection;
  connection.set_host("127.0.0.1");
  connection.set_port(1);
  connection.set_database("shop");
  connection.set_user("shop");
  connection.set_password(PostgresCluster::kPassword);
  return connection;
}

v1::IntegrationRecord ApiTest::Create(const v1::CreateIntegrationRequest& request) {
  const auto created = Call(&IntegrationApi::CreateIntegration, request);
  EXPECT_THAT(created, IsOk());
  return created.value_or(v1::CreateIntegrationResponse()).integration();
}

absl::StatusOr<v1::IntegrationRecord> ApiTest::Get(const std::string& name) {
  v1::GetIntegrationRequest request;
  request.set_name(name);
  const auto got = Call(&IntegrationApi::GetIntegration, request);
  if (!got.ok()) return got.status();
  return got->integration();
}

v1::Job ApiTest::StartJob() {
  v1::RunJobRequest request;
  request.set_parent(name_);
  const auto made = Call(&JobApi::RunJob, request);
  EXPECT_THAT(made, IsOk());
  return made.value_or(v1::RunJobResponse()).job();
}

v1::GetJobResponse ApiTest::Await(const v1::Job& job) {
  EXPECT_THAT(Watch(job.name(), [](const v1::JobEvent&) {}), IsOk());
  v1::GetJobRequest request;
  request.set_name(job.name());
  const auto ended = Call(&JobApi::GetJob, request);
  EXPECT_THAT(ended, IsOk());
  return ended.value_or(v1::GetJobResponse());
}

void ApiTest::MakeTable(int rows) {
  source_->Run(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, 'loaded' FROM "
      "generate_series(1, " +
      std::to_string(rows) + ") n");
}

}  // namespace lockstitch::tests

// Files that connections name, at services that others than their machine may call.

#include <filesystem>
#include <fstream>
#include <string>

#include "access/token.h"
#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "services/discovery/discovery_client.h"
#include "services/scheduler/secrets/secret_box.h"
#include "testing/child_process.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

// A database that a password opens, which stands in the file `allowed/password` and in `private`.
class ConnectionFilesTest : public ::testing::Test {
 protected:
  ConnectionFilesTest() {
    std::filesystem::create_directory(Path("allowed"));
    for (const char* name : {"allowed/password", "private"})
      std::ofstream(Path(name)) << testing::PostgresCluster::kPassword << "\n";
    std::filesystem::create_symlink("../private", Path("allowed/link"));
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  v1::Source SourceWith(const std::string& password_file) const {
    v1::Source source;
    v1::PostgresConnection& server = *source.mutable_postgres();
    server.set_host(cluster_.socket_folder());
    server.set_database("postgres");
    server.set_user("lockstitch");
    server.set_password_file(Path(password_file));
    return source;
  }

  static absl::Status Discover(const ServiceProcess& service, const v1::Source& source) {
    const discovery::DiscoveryClient client(rpc::Connect(service.address()), "discovery");
    return client.Discover(source).status();
  }

  const testing::TemporaryFolder folder_;
  const testing::PostgresCluster cluster_{{.authentication = "scram-sha-256"}};
};

TEST_F(ConnectionFilesTest, AServiceReadsThoseBelowItsFolder) {
  const ServiceProcess service("discovery",
                               {"--plaintext=grpc", "--connection-files=" + Path("allowed")});
  EXPECT_THAT(Discover(service, SourceWith("allowed/password")), IsOk());
  for (const char* outside : {"private", "allowed/../private", "allowed/link"}) {
    EXPECT_THAT(Discover(service, SourceWith(outside)),
                HasReason(Reason::kConnectionFileUnreadable))
        << outside;
  }
}

TEST_F(ConnectionFilesTest, WithoutAFolderAServiceThatOthersCallReadsNone) {
  const ServiceProcess service("discovery", {"--plaintext=grpc"});
  EXPECT_THAT(Discover(service, SourceWith("allowed/password")),
              HasReason(Reason::kConnectionFileUnreadable));
  const ServiceProcess local("discovery", {});
  EXPECT_THAT(Discover(local, SourceWith("private")), IsOk());
}

// Behind it are services that it alone can call, and that read what it asks them to.
TEST_F(ConnectionFilesTest, ASchedulerThatOthersCallPassesNoOtherFilesOn) {
  const std::string token = access::MakeToken();
  std::ofstream(Path("token")) << token << "\n";
  std::ofstream(Path("catalog")) << cluster_.Url("postgres") << "\n";
  ASSERT_THAT(scheduler::SecretBox::CreateFile(Path("keys")), IsOk());
  const ServiceProcess discovery("discovery", {});
  // Its own catalog's file may be anywhere.
  const ServiceProcess scheduler(
      "scheduler", {"--plaintext=grpc", "--connection-files=" + Path("allowed"),
                    "--admin-token-file=" + Path("token"), "--catalog-file=" + Path("catalog"),
                    "--secret-keys=" + Path("keys"), "--discovery=" + discovery.address(),
                    "--extractor=127.0.0.1:1", "--loader=127.0.0.1:1"});
  const auto run = [&](const std::string& command, const std::string& source) {
    std::ofstream(Path("shop.yaml"))
        << "name: shop\nsource: {postgres: {host: " << cluster_.socket_folder()
        << ", database: postgres, user: lockstitch, password_file: " << Path(source)
        << "}}\ndestination: {postgres: {url: postgres://h/d}}\n";
    return testing::RunCommand(
        {.command = {"cli/lockstitch", command, "--file=" + Path("shop.yaml"),
                     "--server=" + scheduler.address(), "--token-file=" + Path("token")}});
  };
  for (const char* command : {"apply", "sync"}) {
    const CommandResult refused = run(command, "private");
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, HasSubstr("CONNECTION_FILE_UNREADABLE: source: "));
    EXPECT_THAT(refused.err, HasSubstr("--connection-files"));
    EXPECT_THAT(refused.err, Not(HasSubstr(Path("private"))));
  }
  // It is passed on: what fails is the destination alone.
  const CommandResult checked = run("apply", "allowed/password");
  EXPECT_EQ(checked.status, 1);
  EXPECT_THAT(checked.err, AllOf(HasSubstr("INTEGRATION_CHECK_FAILED"), HasSubstr("loader"),
                                 Not(HasSubstr("source"))));
}

}  // namespace
}  // namespace lockstitch::tests

// No password shows anywhere, whether it is right or wrong: not in what the command prints, not in
// what the services log, not in their metrics, not in the process list.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/rendezvous.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresCluster;

constexpr char kWrong[] = "wrong-battery-staple";

// Every spelling of a connection with a password.
std::vector<std::string> Spellings(const PostgresCluster& cluster, const std::string& database,
                                   const std::string& password) {
  const std::string port = std::to_string(cluster.port());
  return {
      "postgres://lockstitch:" + password + "@127.0.0.1:" + port + "/" + database,
      "postgres:///" + database + "?host=" + cluster.socket_folder() + "&port=" + port +
          "&user=lockstitch&password=" + password,
      "host=127.0.0.1 port=" + port + " user=lockstitch dbname=" + database +
          " password=" + password,
      "host=127.0.0.1 port=" + port + " user=lockstitch dbname=" + database + " password = '" +
          password + "'",
  };
}

class SecretsTest : public ::testing::Test {
 protected:
  static PostgresCluster& Cluster() {
    static PostgresCluster cluster({.authentication = "scram-sha-256", .tcp = true});
    return cluster;
  }

  static void SetUpTestSuite() {
    testing::MakeDatabase(Cluster().Url("postgres"), "source");
    testing::MakeDatabase(Cluster().Url("postgres"), "destination");
    testing::Database(Cluster().Url("source")).Run("CREATE TABLE t (id int PRIMARY KEY)");
  }

  static void ExpectNoSecret(const std::string& text, const std::string& where) {
    EXPECT_THAT(text, Not(HasSubstr(PostgresCluster::kPassword))) << where;
    EXPECT_THAT(text, Not(HasSubstr(kWrong))) << where;
  }

  // Runs the command, which says as much as it can.
  static int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "cli/lockstitch");
    arguments.insert(arguments.end(), {"--output=json", "--log-level=debug"});
    const CommandResult result = testing::RunCommand({.command = arguments});
    EXPECT_NE(result.out + result.err, "");
    ExpectNoSecret(result.out, arguments[1] + " stdout");
    ExpectNoSecret(result.err, arguments[1] + " stderr");
    return result.status;
  }

  static std::string Good(const std::string& database) {
    return Spellings(Cluster(), database, PostgresCluster::kPassword)[0];
  }
};

TEST_F(SecretsTest, InWhatTheCommandPrints) {
  for (const std::string& source : Spellings(Cluster(), "source", PostgresCluster::kPassword)) {
    EXPECT_EQ(Run({"check", "--source", source, "--destination", Good("destination")}), 0);
    EXPECT_EQ(Run({"discover", "--source", source}), 0);
    EXPECT_EQ(
        Run({"sync", "--name", "s", "--source", source, "--destination", Good("destination")}), 0);
  }
  for (const std::string& wrong : Spellings(Cluster(), "source", kWrong)) {
    EXPECT_EQ(Run({"check", "--source", wrong, "--destination", wrong}), 1);
    EXPECT_EQ(Run({"discover", "--source", wrong}), 1);
    EXPECT_EQ(Run({"sync", "--name", "s", "--source", wrong, "--destination", Good("destination")}),
              1);
    EXPECT_EQ(Run({"sync", "--name", "s", "--source", Good("source"), "--destination", wrong}), 1);
  }
}

TEST_F(SecretsTest, WhereAConnectionIsMisspelt) {
  const std::string password = kWrong;
  for (const std::string& url :
       {"postgres://u:x@" + password + "@h/db", "postgres://u:" + password + "/x@h/db",
        "postgres://u:1/" + password + "@h/db", "postgres://u:" + password + "#x@h/db",
        "postgres://u:" + password + "?x@h/db", "host=h port=" + password,
        "password=" + password + " host=h nonsense"}) {
    EXPECT_EQ(Run({"check", "--source", url}), 1) << url;
    EXPECT_EQ(Run({"discover", "--source", url}), 1) << url;
  }
}

TEST_F(SecretsTest, InTheServicesAndTheProcessList) {
  testing::Rendezvous reading;
  Stack stack({.extractor = "extractor.snapshot.taken=" + reading.action()});
  testing::ChildProcess sync({.command = {"cli/lockstitch", "sync", "--source", Good("source"),
                                          "--destination", Good("destination"), "--name", "served",
                                          "--server", stack.scheduler.address()}});
  reading.AwaitArrival();
  std::vector<pid_t> processes = {sync.pid()};
  const std::vector<ServiceProcess*> services = {&stack.loader, &stack.discovery, &stack.extractor,
                                                 &stack.scheduler};
  for (ServiceProcess* service : services) processes.push_back(service->process().pid());
  for (const pid_t process : processes) {
    const std::string arguments = testing::RunCommand({.command = {"ps", "-ww", "-o", "args=", "-p",
                                                                   std::to_string(process)}})
                                      .out;
    EXPECT_NE(arguments, "");
    ExpectNoSecret(arguments, "ps");
  }
  reading.Release();
  EXPECT_EQ(sync.Wait(), 0);
  const std::string wrong = Spellings(Cluster(), "source", kWrong)[0];
  EXPECT_EQ(Run({"sync", "--source", wrong, "--destination", Good("destination"), "--name",
                 "served", "--server", stack.scheduler.address()}),
            1);
  EXPECT_EQ(Run({"sync", "--source", Good("source"), "--destination", wrong, "--name", "served",
                 "--server", stack.scheduler.address()}),
            1);
  for (ServiceProcess* service : services) {
    ExpectNoSecret(service->process().stdout_text() + service->process().stderr_text(), "log");
    const CommandResult metrics =
        testing::RunCommand({.command = {"curl", "-sS", service->metrics_url()}});
    EXPECT_THAT(metrics.out, HasSubstr("lockstitch_"));
    ExpectNoSecret(metrics.out, "metrics");
  }
}

}  // namespace
}  // namespace lockstitch::tests

#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "gtest/gtest.h"
#include "rpc/channel.h"
#include "services/discovery/discovery_client.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::tests {
namespace {

using testing::HasReason;
using testing::IsOk;

constexpr char kSessions[] =
    "(SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockstitch discovery%')";
// Between two fetches, for longer than a reading that goes on.
constexpr char kStandsStill[] =
    "(SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockstitch discovery%' "
    "AND state = 'idle in transaction' AND state_change < clock_timestamp() - interval '1 s')";

// The service as a process, over a catalog of more than 16 MiB: far more than the service and gRPC
// hold on the way to a caller.
class StreamingTest : public ::testing::Test {
 protected:
  StreamingTest()
      : service_({.command = {"services/discovery/discovery", "--listen=127.0.0.1:0",
                              "--metrics-listen=127.0.0.1:0"}}),
        address_(
            nlohmann::json::parse(service_.WaitForLine("\"message\":\"serving\"")).at("address")),
        client_(rpc::Connect(address_), "discovery"),
        watcher_(cluster_.Url("postgres")) {
    watcher_.Run(
        "DO $$ BEGIN FOR t IN 1..150 LOOP EXECUTE (SELECT format('CREATE TABLE wide_%s (%s)', t, "
        "string_agg(format('%I int', rpad('c' || n || '_', 60, 'x')), ', ')) FROM "
        "generate_series(1, 1200) n); END LOOP; END $$");
    source_.mutable_postgres()->set_url(cluster_.Url("postgres"));
  }

  testing::PostgresCluster cluster_;
  testing::ChildProcess service_;
  std::string address_;
  discovery::DiscoveryClient client_;
  testing::Database watcher_;
  v1::Source source_;
};

TEST_F(StreamingTest, ReadingWaitsForASlowCaller) {
  int tables = 0;
  int64_t sessions = 0;
  const absl::Status status = client_.Discover(source_, [&](v1::Table table) {
    EXPECT_EQ(table.columns_size(), 1200);
    if (++tables > 1) return;
    watcher_.Await(std::string("SELECT ") + kSessions + " = 0 OR " + kStandsStill + " = 1");
    sessions = watcher_.Int(std::string("SELECT ") + kSessions);
  });
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(sessions, 1) << "the service had read everything ahead of the caller";
  EXPECT_EQ(tables, 150);
}

TEST_F(StreamingTest, AServiceThatSendsNothingIsGivenUp) {
  const discovery::DiscoveryClient client(rpc::Connect(address_), "discovery",
                                          absl::Milliseconds(300));
  service_.Signal(SIGSTOP);
  EXPECT_THAT(client.Discover(source_), HasReason(Reason::kProgressStalled));
  service_.Signal(SIGCONT);
  EXPECT_THAT(client_.Discover(source_), IsOk());
}

TEST_F(StreamingTest, AReadingThatWaitsEndsWithItsCaller) {
  std::stop_source stop;
  const absl::Status status = client_.Discover(
      source_,
      [&](v1::Table) {
        if (stop.stop_requested()) return;
        watcher_.Await(std::string("SELECT ") + kStandsStill + " = 1");
        stop.request_stop();
      },
      stop.get_token());
  EXPECT_THAT(status, HasReason(Reason::kStopped));
  watcher_.Await(std::string("SELECT ") + kSessions + " = 0");
}

// The reader of the command's output takes one line, and the rest only when told to.
TEST_F(StreamingTest, AFailureAmongStreamsStandsBehindThem) {
  const std::string go = ::testing::TempDir() + "/go";
  ASSERT_EQ(mkfifo(go.c_str(), 0600), 0);
  testing::ChildProcess command(
      {.command = {"bash", "-c",
                   "cli/lockstitch discover --output=json | { read -r first; read -r go <\"$GO\"; "
                   "echo \"$first\"; cat; }; exit \"${PIPESTATUS[0]}\""},
       .environment = {{"GO", go}, {"LOCKSTITCH_SOURCE", cluster_.Url("postgres")}}});
  watcher_.Await(std::string("SELECT ") + kStandsStill + " = 1");
  watcher_.Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
      "'lockstitch discovery%'");
  std::ofstream(go) << "on\n";
  EXPECT_EQ(command.Wait(), 1);
  const auto json = nlohmann::json::parse(command.stdout_text());
  EXPECT_GT(json["streams"].size(), 0u);
  EXPECT_LT(json["streams"].size(), 150u);
  EXPECT_EQ(json["error"]["reason"], "CONNECTION_LOST");
}

}  // namespace
}  // namespace lockstitch::tests

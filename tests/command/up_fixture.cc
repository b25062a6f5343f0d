#include "tests/command/up_fixture.h"

#include <fstream>

#include "gmock/gmock.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;
using testing::ChildProcess;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresCluster;

PostgresCluster& Cluster() {
  static PostgresCluster cluster;
  return cluster;
}

}  // namespace

std::string UpTest::MakeDatabase(const std::string& name) {
  static int number = 0;
  const std::string database = name + "_" + std::to_string(++number);
  testing::MakeDatabase(Cluster().Url("postgres"), database);
  return Cluster().Url(database);
}

UpTest::UpTest()
    : source_url_(MakeDatabase("source")), destination_url_(MakeDatabase("warehouse")) {
  testing::Database(source_url_)
      .Run(
          "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, updated_at timestamptz NOT "
          "NULL DEFAULT now() - interval '1 hour'); CREATE INDEX ON orders (updated_at);"
          "INSERT INTO orders SELECT n, n FROM generate_series(1, 1000) AS n;"
          "CREATE TABLE items (id bigint PRIMARY KEY);"
          "INSERT INTO items SELECT generate_series(1, 10)");
}

void UpTest::SetUp() {
  Start();
  WriteFile("schedule: {manual: true}\n");
}

void UpTest::TearDown() {
  if (!up_->Ended()) Stop();
  EXPECT_THAT(up_->stdout_text() + up_->stderr_text(), Not(HasSubstr(PostgresCluster::kPassword)));
}

void UpTest::Start(const std::vector<std::string>& flags) {
  ChildProcess::Options options = {.command = {"cli/lockstitch", "up", "--data-dir", folder_.path(),
                                               "--listen", "127.0.0.1:0", "--metrics-listen",
                                               "127.0.0.1:0"}};
  options.command.insert(options.command.end(), flags.begin(), flags.end());
  up_ = std::make_unique<ChildProcess>(options);
  const std::string line = up_->WaitForLine("lockstitch is up at ");
  const size_t begin = line.find("127.0.0.1:");
  server_ = line.substr(begin, line.find(',') - begin);
}

void UpTest::Stop() {
  up_->Signal(SIGTERM);
  EXPECT_EQ(up_->Wait(), 0);
}

void UpTest::WriteFile(const std::string& more, const std::string& streams) const {
  std::ofstream(File()) << "name: shop\nsource: {postgres: \"" << source_url_
                        << "\"}\ndestination: {postgres: \"" << destination_url_
                        << "\"}\nstreams: " << streams << "\n"
                        << more;
}

CommandResult UpTest::Run(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "cli/lockstitch");
  CommandResult result =
      testing::RunCommand({.command = arguments, .environment = {{"LOCKSTITCH_SERVER", server_}}});
  EXPECT_THAT(result.out + result.err, Not(HasSubstr(PostgresCluster::kPassword)));
  return result;
}

std::string UpTest::RunForText(const std::vector<std::string>& arguments) const {
  const CommandResult result = Run(arguments);
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  return result.out;
}

json UpTest::RunForJson(std::vector<std::string> arguments) const {
  arguments.push_back("--output=json");
  return json::parse(RunForText(arguments), nullptr, /*allow_exceptions=*/false);
}

}  // namespace lockstitch::tests

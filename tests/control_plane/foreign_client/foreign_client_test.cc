// The API as clients in other languages have it: Python programs, with what protoc generates from
// protos/, at real services.

#include <signal.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using testing::ChildProcess;
using testing::CommandResult;
using ::testing::HasSubstr;
using testing::Rendezvous;

constexpr char kFolder[] = "tests/control_plane/foreign_client";

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ForeignClientTest : public ControlPlaneTest {
 protected:
  ForeignClientTest() {
    source_->Run(
        "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, updated_at timestamptz NOT "
        "NULL DEFAULT now() - interval '1 hour'); CREATE INDEX ON orders (updated_at);"
        "INSERT INTO orders SELECT n, n / 7.0 FROM generate_series(1, 1000) n;"
        "CREATE TABLE items (id bigint PRIMARY KEY, name text);"
        "INSERT INTO items SELECT n, 'item ' || n FROM generate_series(1, 10) n;"
        "CREATE TABLE audit (id bigint PRIMARY KEY)");
  }

  // Debian's Python, whatever else is on the PATH: it has Debian's gRPC.
  ChildProcess::Options Python(const std::string& program, std::vector<std::string> arguments,
                               std::map<std::string, std::string> environment = {}) const {
    environment["PYTHONPATH"] = kFolder;
    arguments.insert(arguments.begin(),
                     {"/usr/bin/python3", "-u", "-B", std::string(kFolder) + "/" + program});
    return {.command = arguments, .environment = environment};
  }
};

TEST_F(ForeignClientTest, CreatesSelectsRunsAndReadsWhatCameOfIt) {
  StartServices();
  const auto scheduler = StartScheduler();
  const CommandResult result = testing::RunCommand(
      Python("replicate.py", {scheduler->address(), source_url_, destination_url_}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("check destination create_schema CHECK_RESULT_PASSED\n"));
  EXPECT_THAT(result.out, HasSubstr("created integrations/shop\n"
                                    "stream public.audit 1 columns\n"
                                    "stream public.items 2 columns\n"
                                    "stream public.orders 3 columns\n"));
  EXPECT_THAT(result.out, HasSubstr("run public.orders 1000 rows\n"));
  EXPECT_THAT(result.out, HasSubstr("job JOB_STATE_SUCCEEDED\nlog "));
  EXPECT_THAT(result.out, HasSubstr("log public.orders loaded into shop.orders: 1000 rows"));
  EXPECT_THAT(result.out, HasSubstr("report public.items 10 rows in shop.items\n"
                                    "report public.orders 1000 rows in shop.orders\n"));
  EXPECT_THAT(result.out, HasSubstr(" 1010 rows\n"));
  ExpectSameContents("orders", "shop.orders", "id, total, updated_at");
  ExpectSameContents("items", "shop.items", "id, name");
  EXPECT_EQ(destination_->Text("SELECT to_regclass('shop.audit')"), "");
}

TEST_F(ForeignClientTest, WatchesItsJobOverTheEndOfAScheduler) {
  Rendezvous copied;
  StartServices("loader.chunk.copied=" + copied.action());
  const auto scheduler = StartScheduler();
  ChildProcess client(
      Python("replicate.py", {scheduler->address(), source_url_, destination_url_}));
  ASSERT_NE(client.WaitForLine("job JOB_STATE_RUNNING"), "") << client.stderr_text();
  copied.AwaitArrival();
  scheduler->process().Signal(SIGTERM);
  EXPECT_EQ(scheduler->process().Wait(), 0);
  scheduler->Restart();
  copied.Release();
  client.WaitForLine("usage ");
  ASSERT_EQ(client.Wait(), 0) << client.stderr_text();
  ExpectSameContents("orders", "shop.orders", "id, total, updated_at");
  ExpectSameContents("items", "shop.items", "id, name");
}

TEST_F(ForeignClientTest, FindsWhatTheManualPromises) {
  StartServices();
  const auto scheduler = StartScheduler();
  const CommandResult result = testing::RunCommand(Python("contract_test.py", {},
                                                          {{"SERVER", scheduler->address()},
                                                           {"SOURCE", source_url_},
                                                           {"DESTINATION", destination_url_}}));
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(ForeignClientTest, PrintsReasonAndRemedyOfAFailure) {
  StartServices();
  const auto scheduler = StartScheduler();
  const CommandResult result = testing::RunCommand(Python(
      "replicate.py", {scheduler->address(), "postgresql://u@127.0.0.1:1/d", destination_url_}));
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("INTEGRATION_CHECK_FAILED: source, connect: HOST_UNREACHABLE"));
  EXPECT_THAT(result.err, HasSubstr("Mend what the steps tell and try again"));
}

// What docs/api.md quotes is the example's own code.
TEST(ForeignClientPageTest, QuotesTheExample) {
  const std::string page = Contents("docs/api.md");
  const std::string example = Contents(std::string(kFolder) + "/replicate.py");
  int quotes = 0;
  constexpr std::string_view kBegin = "```python\n", kEnd = "```\n";
  for (size_t at = 0; (at = page.find(kBegin, at)) != std::string::npos; ++quotes) {
    at += kBegin.size();
    EXPECT_THAT(example, HasSubstr(page.substr(at, page.find(kEnd, at) - at)));
  }
  EXPECT_GT(quotes, 0);
}

}  // namespace
}  // namespace lockstitch::tests

// lockstitch verify as users run it.

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/child_process.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;

class VerifyCommandTest : public ClustersTest {
 protected:
  CommandResult Command(const std::string& command, const std::vector<std::string>& more = {}) {
    testing::ChildProcess::Options options = {.command = {"cli/lockstitch", command}};
    options.command.insert(options.command.end(), {"--name", "shop", "--source", source_url_,
                                                   "--destination", destination_url_});
    options.command.insert(options.command.end(), more.begin(), more.end());
    return testing::RunCommand(options);
  }
  void MakeAndLoad() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, total int); INSERT INTO t VALUES (1, 10), (2, 20);"
        "CREATE TABLE u (id int PRIMARY KEY)");
    ASSERT_EQ(Command("sync").status, 0);
  }
};

TEST_F(VerifyCommandTest, StatusZeroWhereTheSameIsAtBothEnds) {
  MakeAndLoad();
  const CommandResult verified = Command("verify");
  EXPECT_EQ(verified.status, 0);
  EXPECT_THAT(verified.out, HasSubstr("2 of 2 streams verified"));
  EXPECT_EQ(verified.err, "");
}

TEST_F(VerifyCommandTest, StatusOneWhereAStreamDiffers) {
  MakeAndLoad();
  destination_->Run("UPDATE shop.t SET total = 4711 WHERE id = 2");
  const CommandResult different = Command("verify");
  EXPECT_EQ(different.status, 1);
  EXPECT_THAT(different.out, HasSubstr("public.t: 1 row differs\n  changed  id=2: total\n"));
  EXPECT_THAT(different.out, Not(HasSubstr("4711")));
  EXPECT_THAT(Command("verify", {"--show-values"}).out, HasSubstr("id=2: total 20 -> 4711\n"));
  EXPECT_EQ(Command("verify", {"--stream", "public.u"}).status, 0);
}

TEST_F(VerifyCommandTest, JsonIsOneObject) {
  MakeAndLoad();
  destination_->Run("DELETE FROM shop.t WHERE id = 1");
  const CommandResult different = Command("verify", {"--output=json"});
  EXPECT_EQ(different.status, 1);
  const auto json = nlohmann::json::parse(different.out);
  EXPECT_EQ(json["verified"], false);
  EXPECT_EQ(json["streams"][0]["different"], 1);
  EXPECT_EQ(json["streams"][0]["differences"][0]["kind"], "missing");
}

TEST_F(VerifyCommandTest, ASchedulerElsewhereCanCompare) {
  MakeAndLoad();
  Stack stack;
  EXPECT_THAT(Command("verify", {"--server", stack.scheduler.address()}).out,
              HasSubstr("2 of 2 streams verified"));
}

TEST_F(VerifyCommandTest, WrongUsageIsStatusTwo) {
  EXPECT_EQ(testing::RunCommand({.command = {"cli/lockstitch", "verify", "--name", "x"}}).status,
            2);
  const CommandResult help =
      testing::RunCommand({.command = {"cli/lockstitch", "verify", "--help"}});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("--show-values"));
}

}  // namespace
}  // namespace lockstitch::tests

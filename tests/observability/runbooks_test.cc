// What the runbooks tell to type works: PromQL, SQL and commands of Lockstitch. Those of
// Kubernetes, and curl, are not tried.

#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "tests/observability/watched_installation.h"

namespace lockstitch::tests {
namespace {

using ::testing::Key;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Runbooks() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("docs/runbooks"))
    paths.push_back(entry.path());
  return paths;
}

std::vector<std::string> Matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  return {std::sregex_token_iterator(text.begin(), text.end(), regex, 1),
          std::sregex_token_iterator()};
}

// The contents of fenced blocks of that language.
std::vector<std::string> Blocks(const std::string& text, const std::string& language) {
  return Matches(text, "```" + language + R"(\n((?:[^`]|`(?!``))*)```)");
}

class RunbooksTest : public WatchedInstallationTest {
 protected:
  // A command of Lockstitch, with what its placeholders stand for.
  testing::CommandResult Run(const std::string& command) {
    const std::string job = LastJob("shop").job.job_id();
    const std::string filled =
        absl::StrReplaceAll(command, {{"\n", " "},
                                      {"NAME", "shop"},
                                      {"SCHEMA.TABLE", "public.t"},
                                      {" JOB", " " + job},
                                      {"FILE", "<(lockstitch export shop)"}});
    return testing::RunCommand({.command = {"bash", "-c", "PATH=$PWD/cli:$PATH; " + filled},
                                .environment = {{"LOCKSTITCH_SERVER", leader_->address()},
                                                {"SOURCE", source_url_},
                                                {"DESTINATION", destination_url_}}});
  }

  testing::Database& DatabaseOf(const std::string& sql) {
    if (absl::StrContains(sql, "-- at the source\n")) return *source_;
    if (absl::StrContains(sql, "-- at the destination\n")) return *destination_;
    EXPECT_TRUE(absl::StrContains(sql, "-- in the catalog database\n"));
    return *catalog_database_;
  }
};

TEST_F(RunbooksTest, WhatTheyTellToTypeWorks) {
  std::map<std::string, int> tried;
  for (const std::string& path : Runbooks()) {
    SCOPED_TRACE(path);
    const std::string text = ReadFile(path);
    for (const std::string& block : Blocks(text, "promql")) {
      for (const std::string& expression : Matches(block, "([^\n]+)"))
        ExpectSeries(expression), ++tried["promql"];
    }
    for (const std::string& block : Blocks(text, "sql")) {
      const absl::Status status = DatabaseOf(block).Try(block);
      EXPECT_TRUE(status.ok()) << block << status;
      ++tried["sql"];
    }
    for (const std::string& block : Blocks(text, "sh")) {
      for (const std::string& command : Matches(block, "(?:^|\n)(lockstitch [^\n]*)")) {
        const testing::CommandResult result = Run(command);
        EXPECT_EQ(result.status, 0) << command << '\n' << result.out << result.err;
        ++tried["sh"];
      }
    }
  }
  // Those in the text change things, and may find nothing left to change; 2 is wrong usage.
  for (const std::string& path : Runbooks()) {
    for (const std::string& command : Matches(ReadFile(path), "`(lockstitch [^`]*)`")) {
      const testing::CommandResult result = Run(command);
      EXPECT_TRUE(result.status == 0 || result.status == 1) << path << ": " << command << '\n'
                                                            << result.out << result.err;
      ++tried["text"];
    }
  }
  EXPECT_THAT(tried, UnorderedElementsAre(Key("promql"), Key("sql"), Key("sh"), Key("text")));
}

}  // namespace
}  // namespace lockstitch::tests

#include "cli/completion.h"

#include <CLI/CLI.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/child_process.h"

namespace lockstitch::cli {
namespace {

using ::testing::HasSubstr;

// What bash offers for a line whose last word is being typed.
std::string Offered(const std::string& script, const std::string& words, int last) {
  const std::string line = script + "COMP_WORDS=(" + words +
                           "); COMP_CWORD=" + std::to_string(last) +
                           "; _stitch; echo \"${COMPREPLY[*]}\"";
  return testing::RunCommand({.command = {"/bin/bash", "-c", line}}).out;
}

TEST(CompletionTest, BashOffersCommandsAndFlags) {
  CLI::App app;
  app.name("stitch");
  CLI::App* jobs = app.add_subcommand("jobs", "");
  CLI::App* list = jobs->add_subcommand("list", "");
  std::string state;
  list->add_option("-s,--state", state, "");
  app.add_subcommand("join", "");
  const std::string script = CompletionScript(app, Shell::kBash);
  EXPECT_EQ(Offered(script, "stitch j", 1), "jobs join\n");
  EXPECT_EQ(Offered(script, "stitch jobs l", 2), "list\n");
  EXPECT_EQ(Offered(script, "stitch jobs list shop --s", 4), "--state\n");
  EXPECT_EQ(Offered(script, "stitch jobs list shop x", 4), "\n");
  EXPECT_THAT(CompletionScript(app, Shell::kZsh), HasSubstr("bashcompinit"));
}

}  // namespace
}  // namespace lockstitch::cli

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "failpoint/failpoint.h"
#include "gtest/gtest.h"

namespace lockstitch {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

// The environment is read once a process: each of these passes in one of its own.
void PassIn(const std::string& actions, const std::string& name, int times) {
  setenv("LOCKSTITCH_FAILPOINTS", actions.c_str(), 1);
  for (int passage = 0; passage < times; ++passage) Failpoint(name);
  _exit(0);
}

TEST(FailpointTest, KillsAtTheFirstPassage) {
  EXPECT_EXIT(PassIn("x=wait:none;a.b=kill", "a.b", 1), KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(PassIn("a.b=kill", "a.c", 1), ExitedWithCode(0), "");
}

TEST(FailpointTest, KillsAtTheNthPassage) {
  EXPECT_EXIT(PassIn("a.b=kill@4", "a.b", 3), ExitedWithCode(0), "");
  EXPECT_EXIT(PassIn("a.b=kill@4", "a.b", 4), KilledBySignal(SIGKILL), "");
}

TEST(FailpointTest, WaitsAtTheNthPassageAlone) {
  const std::string fifo = ::testing::TempDir() + "/at@one:and_two";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  // Nobody writes until the second passage is there.
  EXPECT_EXIT(PassIn("a.b=wait@2:" + fifo, "a.b", 1), ExitedWithCode(0), "");
  const pid_t waiting = fork();
  if (waiting == 0) PassIn("a.b=wait@2:" + fifo, "a.b", 3);
  const int descriptor = open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_GE(descriptor, 0);
  close(descriptor);
  int status = -1;
  EXPECT_EQ(waitpid(waiting, &status, 0), waiting);
  EXPECT_EQ(status, 0);
}

TEST(FailpointTest, WhatIsNoNumberIsTold) {
  EXPECT_EXIT(PassIn("a.b=kill@soon", "a.b", 1), KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace lockstitch

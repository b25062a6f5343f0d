#include "cli/private_cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduler/store/catalog.h"
#include "status/reason.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"

namespace lockstitch::cli {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::TemporaryFolder;

// Makes a table there, or finds it.
absl::Status Use(const PrivateCluster& cluster, const std::string& sql) {
  auto catalog = scheduler::Catalog::Open(cluster.connection());
  if (!catalog.ok()) return catalog.status();
  auto session = (*catalog)->Session();
  if (!session.ok()) return session.status();
  return (*session)->Execute(sql);
}

TEST(PrivateClusterTest, KeepsWhatItHasFromStartToStart) {
  const TemporaryFolder folder;
  {
    const auto cluster = PrivateCluster::Start({.folder = folder.path()});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    ASSERT_TRUE(Use(**cluster, "CREATE TABLE public.kept ()").ok());
  }
  const auto again = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(Use(**again, "SELECT FROM public.kept").ok());
}

TEST(PrivateClusterTest, ASecondStartInTheSameFolderIsRefused) {
  const TemporaryFolder folder;
  const auto first = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(ReasonOf(PrivateCluster::Start({.folder = folder.path()}).status()),
            Reason::kDataFolderInUse);
  EXPECT_TRUE(Use(**first, "SELECT").ok());
}

TEST(PrivateClusterTest, GoesOnAfterItsProcessWasKilled) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t process = fork();
  if (process == 0) {
    const auto cluster = PrivateCluster::Start({.folder = folder.path()});
    const bool used = cluster.ok() && Use(**cluster, "CREATE TABLE public.kept ()").ok();
    if (write(ready[1], used ? "y" : "n", 1) != 1) _exit(1);
    pause();
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  const auto again = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(Use(**again, "SELECT FROM public.kept").ok());
}

TEST(PrivateClusterTest, AnInitThatWasKilledIsBegunAgain) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/lock");
  ASSERT_EQ(mkdir((folder.path() + "/catalog.new").c_str(), 0700), 0);
  std::ofstream(folder.path() + "/catalog.new/PG_VERSION") << "15";
  const auto cluster = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_TRUE(Use(**cluster, "SELECT").ok());
}

// Kills the server of a folder's cluster.
void KillServer(const std::string& folder) {
  pid_t server = 0;
  std::ifstream(folder + "/catalog/postmaster.pid") >> server;
  ASSERT_GT(server, 1);
  kill(server, SIGKILL);
}

TEST(PrivateClusterTest, AServerThatWasKilledIsStartedAgain) {
  const TemporaryFolder folder;
  const auto cluster = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  ASSERT_TRUE(Use(**cluster, "CREATE TABLE public.kept ()").ok());
  KillServer(folder.path());
  std::stop_source stop;
  std::thread user([&] {
    while (!Use(**cluster, "SELECT FROM public.kept").ok()) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_THAT((*cluster)->KeepRunning(stop.get_token()), IsOk());
  user.join();
}

TEST(PrivateClusterTest, SaysSoWhenItsServerCanNotBeStartedAgain) {
  const TemporaryFolder folder;
  const auto cluster = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  KillServer(folder.path());
  std::filesystem::rename(folder.path() + "/catalog", folder.path() + "/elsewhere");
  EXPECT_EQ(ReasonOf((*cluster)->KeepRunning({})), Reason::kCatalogNotStarted);
}

TEST(PrivateClusterTest, LeavesAFolderAloneThatHoldsOtherThings) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/theirs") << "x";
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  struct stat before = {}, after = {};
  ASSERT_EQ(stat(folder.path().c_str(), &before), 0);
  const absl::Status refused = PrivateCluster::Start({.folder = folder.path()}).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kUsageInvalid);
  EXPECT_THAT(refused.message(), HasSubstr("holds other things"));
  ASSERT_EQ(stat(folder.path().c_str(), &after), 0);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/lock"));
}

TEST(PrivateClusterTest, NamesTheVersionThatMadeItWhereThatIsGone) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/lock");
  ASSERT_EQ(mkdir((folder.path() + "/catalog").c_str(), 0700), 0);
  std::ofstream(folder.path() + "/catalog/PG_VERSION") << "99\n";
  const absl::Status gone = PrivateCluster::Start({.folder = folder.path()}).status();
  EXPECT_EQ(ReasonOf(gone), Reason::kCatalogNotStarted);
  EXPECT_THAT(gone.message(), HasSubstr("PostgreSQL 99"));
  EXPECT_THAT(
      PrivateCluster::Start({.folder = folder.path(), .programs = "/nowhere"}).status().message(),
      HasSubstr("PostgreSQL 99, which is not in /nowhere"));
}

TEST(PrivateClusterTest, SaysWhereToLookWhenItCanNotBeStarted) {
  const TemporaryFolder folder;
  const absl::Status missing =
      PrivateCluster::Start({.folder = folder.path(), .programs = "/nowhere"}).status();
  EXPECT_EQ(ReasonOf(missing), Reason::kCatalogNotStarted);
  EXPECT_THAT(Explain(missing).remedy, HasSubstr("catalog.log"));
  EXPECT_EQ(ReasonOf(PrivateCluster::Start({.folder = "/tmp/" + std::string(90, 'x')}).status()),
            Reason::kUsageInvalid);
}

}  // namespace
}  // namespace lockstitch::cli

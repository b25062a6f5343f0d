#include "cli/private_cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduler/store/catalog.h"
#include "status/reason.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"

namespace lockstitch::cli {
namespace {

using ::testing::HasSubstr;
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
  ASSERT_EQ(mkdir((folder.path() + "/catalog.new").c_str(), 0700), 0);
  std::ofstream(folder.path() + "/catalog.new/PG_VERSION") << "15";
  const auto cluster = PrivateCluster::Start({.folder = folder.path()});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_TRUE(Use(**cluster, "SELECT").ok());
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

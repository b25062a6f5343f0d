// What can happen to a destination, and what can be made of a source, between and during the jobs
// of incremental streams and full tables.

#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/crash/stream_kinds.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::PostgresCluster;
using testing::Rendezvous;
using ::testing::ValuesIn;

class DatabasesTest : public StreamKindTest, public ::testing::WithParamInterface<StreamKind> {
 protected:
  JobOutcome Run() { return RunJob(SharedStack(), Job(GetParam())); }

  void ExpectFailure(const std::string& reason) {
    EXPECT_EQ(Run().stream("public.t").error().reason(), reason);
  }

  void ExpectExactAfterOneMoreJob() {
    EXPECT_EQ(Run().job.state(), v1::JOB_STATE_SUCCEEDED);
    ExpectExact();
  }

  // Settings of a database are those of sessions that begin with them.
  void EndSessions() {
    destination_->Run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
        "'lockstitch loader%'");
  }

  std::string Database() { return destination_->Text("SELECT current_database()"); }
};

// A file system of a few megabytes in memory, for a tablespace. Only root may make one.
class SmallDisk {
 public:
  SmallDisk() {
    char path[] = "/tmp/lockstitch.disk.XXXXXX";
    if (mkdtemp(path) == nullptr) std::abort();
    path_ = path;
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=1m,mode=0777") == 0;
    std::filesystem::create_directory(path_ + "/space");
    testing::RunCommand({.command = {"chown", "postgres", path_ + "/space"}});
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
    std::filesystem::remove_all(path_);
  }

  bool mounted() const { return mounted_; }
  std::string folder() const { return path_ + "/space"; }
  void Grow() { mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"); }

 private:
  std::string path_;
  bool mounted_ = false;
};

// A cluster of its own: a tablespace that is gone would be in the way of the others' restarts.
TEST_P(DatabasesTest, AFullDiskIsToldAndAnotherJobIsExactOnceThereIsRoom) {
  SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system is not permitted here";
  const PostgresCluster cluster;
  destination_url_ = cluster.Url("postgres");
  destination_ = std::make_unique<testing::Database>(destination_url_);
  Prepare(GetParam());
  const std::string before =
      GetParam().first ? "" : destination_->Text(testing::ContentsQuery("s.t", "id, v, at"));
  destination_->Run("CREATE TABLESPACE small LOCATION '" + disk.folder() + "'");
  destination_->Run("ALTER DATABASE postgres SET default_tablespace = small");
  destination_->Run("ALTER DATABASE postgres SET temp_tablespaces = small");
  EndSessions();
  source_->Run(
      "INSERT INTO t SELECT 2000000 + n, 2, timestamptz '2023-01-01 UTC' + n * interval '1 "
      "second' FROM generate_series(1, 60000) n");
  ExpectFailure("DESTINATION_FULL");
  if (!GetParam().first) {
    EXPECT_EQ(destination_->Text(testing::ContentsQuery("s.t", "id, v, at")), before);
  }
  disk.Grow();
  ExpectExactAfterOneMoreJob();
}

TEST_P(DatabasesTest, AReadOnlyDestinationIsToldAndAnotherJobIsExact) {
  Prepare(GetParam());
  destination_->Run("ALTER DATABASE " + Database() + " SET default_transaction_read_only = on");
  EndSessions();
  ExpectFailure("DESTINATION_READ_ONLY");
  destination_->Run("ALTER DATABASE " + Database() + " RESET default_transaction_read_only");
  ExpectExactAfterOneMoreJob();
}

TEST_P(DatabasesTest, ADestinationThatCrashesInFinishLoadCostsNothing) {
  Prepare(GetParam());
  Rendezvous publishing;
  Stack stack = StackWith("loader.finish.publishing", publishing.action());
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Job(GetParam())); });
  publishing.AwaitArrival();
  destination_.reset();
  DestinationCluster().Crash();
  destination_ = std::make_unique<testing::Database>(destination_url_);
  publishing.Release();
  job.join();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(outcome.stream("public.t").progress().rows_loaded(), RowsToLoad(GetParam()));
  ExpectExact();
}

TEST_P(DatabasesTest, ADroppedTableIsLoadedFromTheBeginning) {
  Prepare(GetParam());
  Run();
  destination_->Run("DROP TABLE s.t");
  const JobOutcome outcome = Run();
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  if (GetParam().method == v1::REPLICATION_METHOD_INCREMENTAL) {
    EXPECT_THAT(outcome.log, Contains(HasSubstr("the destination table is gone")));
  }
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Kinds, DatabasesTest,
                         ValuesIn(StreamKinds({"FullTable", "Ordered", "Keyless", "FirstLoad"})),
                         [](const auto& info) { return info.param.name; });

// What a source is taken for doesn't depend on how its streams are read.
class SourceChangedTest : public DatabasesTest {};

// A copy of the source's cluster from before its last rows, as a backup is that was restored: the
// same system, at an earlier point of its life.
TEST_P(SourceChangedTest, ASourceRestoredFromAnOlderBackupIsRefused) {
  Prepare(GetParam());
  const PostgresCluster backup({.primary = &SourceCluster()});
  const std::string name = source_->Text("SELECT current_database()");
  testing::Database restored(backup.Url(name));
  restored.Run("SELECT pg_promote()");
  source_->Run(
      "INSERT INTO t SELECT 3000000 + n, 3, timestamptz '2024-01-01 UTC' + n * interval '1 "
      "second' FROM generate_series(1, 5000) n");
  ExpectExactAfterOneMoreJob();
  source_url_ = backup.Url(name);
  ExpectFailure("SOURCE_CHANGED");
  ExpectExact();
  EXPECT_EQ(
      RunJobAt(SharedStack().scheduler.address(), Job(GetParam()), /*reset=*/true).job.state(),
      v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), restored.Int("SELECT count(*) FROM t"));
}

TEST_P(SourceChangedTest, TheSameNameForAnotherDatabaseIsRefused) {
  Prepare(GetParam());
  Run();
  const std::string other = source_->Text("SELECT current_database() || '_other'");
  testing::MakeDatabase(source_url_, other);
  source_url_ = SourceCluster().Url(other);
  testing::Database(source_url_).Run("CREATE TABLE t (id int PRIMARY KEY, v int, at timestamptz)");
  ExpectFailure("SOURCE_CHANGED");
  ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Kinds, SourceChangedTest, ValuesIn(StreamKinds({"Ordered"})),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lockstitch::tests

// Who follows a job, or waits for its end, while a scheduler is replaced.

#include <signal.h>

#include <memory>
#include <optional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "services/scheduler/control/control_client.h"
#include "status/reason.h"
#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "testing/status_matchers.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::Rendezvous;

class WatchTest : public ControlPlaneTest {
 protected:
  // A job that waits in its first chunk, at a scheduler.
  void StartJob() {
    MakeTable(10);
    StartServices("loader.chunk.copied=" + copied_.action());
    scheduler_ = StartScheduler();
    scheduler_->process().WaitForLine("\"leads\"");
    Keep(Settings("shop"));
    copied_.AwaitArrival();
  }

  void StopScheduler() {
    scheduler_->process().Signal(SIGTERM);
    EXPECT_EQ(scheduler_->process().Wait(), 0);
  }

  Rendezvous copied_;
  std::unique_ptr<ServiceProcess> scheduler_;
};

TEST_F(WatchTest, TheCommandGoesOnOnceAnotherSchedulerServes) {
  StartJob();
  testing::ChildProcess watching(
      {.command = {"cli/lockstitch", "jobs", "watch", "shop", "--server", scheduler_->address()}});
  watching.WaitForLine("the job begins");
  StopScheduler();
  scheduler_->Restart();
  copied_.Release();
  EXPECT_EQ(watching.Wait(), 0) << watching.stderr_text();
  EXPECT_THAT(watching.stdout_text(), HasSubstr("public.t"));
}

TEST_F(WatchTest, AnInterruptEndsTheCommandAndNotTheJob) {
  StartJob();
  testing::ChildProcess watching(
      {.command = {"cli/lockstitch", "jobs", "watch", "shop", "--server", scheduler_->address()}});
  watching.WaitForLine("the job begins");
  watching.Signal(SIGINT);
  EXPECT_EQ(watching.Wait(), 1);
  EXPECT_THAT(watching.stderr_text(), HasSubstr("The job goes on"));
  copied_.Release();
  AwaitJob("shop", v1::JOB_STATE_SUCCEEDED);
}

// The job doesn't end: nobody leads.
TEST_F(WatchTest, ASchedulerThatEndsSaysSoToWhoWaits) {
  StartServices();
  catalog_database_->Run("SELECT pg_advisory_lock(7810773182937641583)");
  scheduler_ = StartScheduler();
  Keep(Settings("shop"));
  ASSERT_THAT(jobs_->Request("shop", ""), IsOk());
  catalog_database_->Run("UPDATE lockstitch.jobs SET state = 2");
  const scheduler::ControlClient client(rpc::Connect(scheduler_->address()), "scheduler");
  v1::WatchJobRequest watch;
  v1::DeleteIntegrationRequest request;
  watch.set_name("integrations/shop");
  request.set_name("integrations/shop");
  absl::Status watched, deleted;
  std::thread deleter([&] { deleted = client.DeleteIntegration(request).status(); });
  catalog_database_->Await("SELECT stop_requested_at IS NOT NULL FROM lockstitch.jobs");
  absl::Notification begun;
  std::thread watcher([&] {
    const auto listener = [&](const v1::JobEvent&) {
      if (!begun.HasBeenNotified()) begun.Notify();
    };
    watched = client.WatchJob(watch, listener);
  });
  begun.WaitForNotification();
  StopScheduler();
  watcher.join();
  deleter.join();
  EXPECT_THAT(watched, HasReason(Reason::kShuttingDown));
  EXPECT_THAT(deleted, HasReason(Reason::kShuttingDown));
}

}  // namespace
}  // namespace lockstitch::tests

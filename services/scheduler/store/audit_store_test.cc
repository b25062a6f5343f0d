#include "services/scheduler/store/audit_store.h"

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/scheduler/store/test_catalog.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using testing::IsOk;

class AuditStoreTest : public ::testing::Test {
 protected:
  TestCatalog catalog_;
  const AuditStore store_{catalog_.catalog.get()};
};

TEST_F(AuditStoreTest, EntriesAreReadTheLatestFirst) {
  for (const char* resource : {"a", "b", "c"}) {
    ASSERT_THAT(store_.Add({.principal = "token ci",
                            .method = "lockstitch.v1.JobService/RunJob",
                            .resource = resource,
                            .outcome = "failed",
                            .reason = "JOB_NOT_FOUND",
                            .peer = "ipv4:127.0.0.1:1"}),
                IsOk());
  }
  const std::vector<KeptAuditEntry> latest = OrDie(store_.List(0, 2));
  ASSERT_EQ(latest.size(), 2u);
  EXPECT_EQ(latest[0].resource, "c");
  EXPECT_EQ(latest[0].principal, "token ci");
  EXPECT_EQ(latest[0].method, "lockstitch.v1.JobService/RunJob");
  EXPECT_EQ(latest[0].outcome, "failed");
  EXPECT_EQ(latest[0].reason, "JOB_NOT_FOUND");
  EXPECT_EQ(latest[0].peer, "ipv4:127.0.0.1:1");
  EXPECT_LT(absl::Now() - latest[0].time, absl::Hours(1));
  const std::vector<KeptAuditEntry> rest = OrDie(store_.List(latest[1].number, 2));
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].resource, "a");
}

TEST_F(AuditStoreTest, TheLeaderPrunesWhatIsOld) {
  for (int i = 0; i < 3; ++i) ASSERT_THAT(store_.Add({.principal = "local"}), IsOk());
  catalog_.database.Run(
      "UPDATE lockstitch.audit_entries SET time = now() - interval '2 days' WHERE number <= 2");
  const LeaderStore leader = catalog_.Lead();
  EXPECT_EQ(OrDie(leader.Prune(absl::Now() - absl::Hours(24), 1)), 1);
  EXPECT_EQ(OrDie(leader.Prune(absl::Now() - absl::Hours(24), 10)), 1);
  EXPECT_EQ(OrDie(store_.List(0, 10)).size(), 1u);
}

}  // namespace
}  // namespace lockstitch::scheduler

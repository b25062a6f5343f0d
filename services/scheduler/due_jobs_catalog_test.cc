// What is planned by what a catalog keeps.

#include "gmock/gmock.h"
#include "services/scheduler/due_jobs.h"
#include "services/scheduler/store/test_catalog.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DueJobsCatalogTest : public ::testing::Test {
 protected:
  // Plans as a leader at that time, and answers the actions.
  std::vector<std::string> Plan(absl::Time now) {
    const DuePlan plan = PlanDue(OrDie(leader_.ReadDue(now, 100)), start_, now);
    EXPECT_THAT(leader_.Apply(plan.slots), IsOk());
    std::vector<std::string> actions;
    for (const PlannedStep& step : plan.steps) actions.push_back(step.action);
    return actions;
  }
  void EndJob() {
    ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(catalog_.jobs.Get("shop", "")->job,
                                                     v1::JOB_STATE_SUCCEEDED, absl::Now()),
                               {}),
                IsOk());
  }
  void Pause(bool paused) { ASSERT_THAT(catalog_.integrations.SetPaused("shop", paused), IsOk()); }

  TestCatalog catalog_;
  const LeaderStore leader_ = catalog_.Lead();
  const absl::Time start_ = catalog_.Create("shop").created_at;  // Runs every hour from then on.
};

TEST_F(DueJobsCatalogTest, AResumedIntervalKeepsASlotThatIsToCome) {
  EXPECT_THAT(Plan(start_), ElementsAre("start"));
  EXPECT_THAT(Plan(start_ + absl::Hours(1)), ElementsAre("skip"));
  EndJob();
  Pause(true);
  Pause(false);
  const absl::Time slot = start_ + absl::Hours(2);
  EXPECT_THAT(Plan(slot - absl::Minutes(15)), IsEmpty());
  EXPECT_EQ(catalog_.integrations.Get("shop")->next_slot, slot);
  EXPECT_THAT(Plan(slot), ElementsAre("start"));
}

TEST_F(DueJobsCatalogTest, AResumedIntervalWhoseSlotHasPassedRunsAtOnce) {
  EXPECT_THAT(Plan(start_), ElementsAre("start"));
  EndJob();
  Pause(true);
  // The slot passes unheeded.
  EXPECT_THAT(Plan(start_ + absl::Hours(1)), IsEmpty());
  EXPECT_FALSE(catalog_.integrations.Get("shop")->next_slot);
  Pause(false);
  EXPECT_THAT(Plan(start_ + absl::Hours(1)), ElementsAre("start"));
}

TEST_F(DueJobsCatalogTest, AJobByHandMovesTheSlotsOfAnInterval) {
  EXPECT_THAT(Plan(start_), ElementsAre("start"));
  EndJob();
  catalog_.Request("shop");
  EndJob();
  EXPECT_THAT(Plan(start_ + absl::Hours(1)), IsEmpty());
  EXPECT_THAT(Plan(*catalog_.integrations.Get("shop")->next_slot), ElementsAre("start"));
}

TEST_F(DueJobsCatalogTest, NoJobIsMadeWhereNothingIsSelected) {
  v1::Integration none = TestCatalog::Settings("shop");
  none.mutable_selection()->add_patterns("!*.*");
  ASSERT_THAT(catalog_.integrations.Update("shop", 1, none, false), IsOk());
  EXPECT_THAT(Plan(start_ + absl::Hours(3)), IsEmpty());
  ASSERT_THAT(catalog_.integrations.Update("shop", 2, TestCatalog::Settings("shop"), false),
              IsOk());
  EXPECT_THAT(Plan(absl::Now()), ElementsAre("start"));
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "services/scheduler/control/integration_record.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::HasSubstr;

TEST(RecordOfTest, AScheduleThatCannotBeReadIsTheReasonOfItsState) {
  KeptIntegration kept = {.id = "shop"};
  EXPECT_THAT(RecordOf(kept).state_reason(), HasSubstr("not planned yet"));
  kept.integration.mutable_schedule()->set_cron("0 0 12 * * ?");
  kept.integration.mutable_schedule()->set_time_zone("Not/There");
  EXPECT_THAT(RecordOf(kept).state_reason(), HasSubstr("'Not/There'"));
  // What matters more is told first.
  kept.paused_at = absl::UnixEpoch();
  EXPECT_THAT(RecordOf(kept).state_reason(), HasSubstr("paused"));
}

}  // namespace
}  // namespace lockstitch::scheduler

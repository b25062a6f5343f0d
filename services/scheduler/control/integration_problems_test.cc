#include "services/scheduler/control/integration_problems.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::Integration Shop() {
  v1::Integration shop;
  shop.set_name("Shop");
  shop.mutable_source()->mutable_postgres()->set_host("source");
  shop.mutable_destination()->mutable_postgres()->set_host("destination");
  return shop;
}

TEST(IntegrationProblemsTest, AnIntegrationThatIsAsItShouldBeHasNone) {
  v1::Integration shop = Shop();
  shop.mutable_schedule()->set_cron("0 0 3 ? * MON-FRI");
  shop.add_webhooks()->set_url("https://hooks.example.com/shop?token=x");
  shop.mutable_quota()->set_rows_per_month(1);
  shop.mutable_job_time_limit()->set_seconds(60);
  EXPECT_THAT(ProblemsOf(shop), IsEmpty());
}

TEST(IntegrationProblemsTest, EveryProblemIsToldAtOnce) {
  v1::Integration shop = Shop();
  shop.clear_source();
  shop.mutable_schedule()->set_cron("0 3 * * *");
  shop.add_webhooks()->set_url("http://hooks.example.com/?token=hush");
  shop.mutable_quota();
  shop.mutable_job_time_limit();
  const absl::Status together = Together(ProblemsOf(shop));
  EXPECT_EQ(ReasonOf(together), Reason::kIntegrationInvalid);
  EXPECT_THAT(together.message(),
              AllOf(HasSubstr("source"), HasSubstr("cron"), HasSubstr("webhooks[0].url"),
                    HasSubstr("quota.rows_per_month"), HasSubstr("job_time_limit")));
  EXPECT_THAT(together.message(), Not(HasSubstr("hush")));
}

TEST(IntegrationProblemsTest, NumbersHaveBounds) {
  v1::Integration shop = Shop();
  shop.set_max_parallel_streams(1'000);
  shop.mutable_quota()->set_rows_per_month(9'223'372'036'854'775'807u);
  EXPECT_THAT(ProblemsOf(shop), IsEmpty());
  shop.set_max_parallel_streams(1'001);
  shop.mutable_quota()->set_rows_per_month(9'223'372'036'854'775'808u);
  EXPECT_THAT(Together(ProblemsOf(shop)).message(),
              AllOf(HasSubstr("max_parallel_streams must be at most 1000"),
                    HasSubstr("quota.rows_per_month must be at most 9223372036854775807")));
}

TEST(IntegrationProblemsTest, AScheduleAloneHasItsOwnReason) {
  v1::Integration shop = Shop();
  shop.mutable_schedule()->set_cron("never");
  EXPECT_EQ(ReasonOf(Together(ProblemsOf(shop))), Reason::kScheduleInvalid);
}

TEST(IntegrationProblemsTest, TenWebhooksAtMost) {
  v1::Integration shop = Shop();
  for (int i = 0; i < 11; ++i) shop.add_webhooks()->set_url("https://hooks.example.com");
  EXPECT_THAT(Together(ProblemsOf(shop)).message(), HasSubstr("11 of at most 10"));
}

}  // namespace
}  // namespace lockstitch::scheduler

#include "services/scheduler/quota_notice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::RowQuota Quota(uint64_t rows, bool hold = false) {
  v1::RowQuota quota;
  quota.set_rows_per_month(rows);
  quota.set_hold(hold);
  return quota;
}

TEST(QuotaNoticeTest, WarnsFromSeventyPercentOn) {
  EXPECT_FALSE(QuotaNotice(Quota(1000), 699));
  for (const auto& [rows, percent] :
       {std::pair(700, "70 %"), {899, "70 %"}, {900, "90 %"}, {1000, "100 %"}, {5000, "100 %"}}) {
    const std::optional<std::string> notice = QuotaNotice(Quota(1000), rows);
    ASSERT_TRUE(notice) << rows;
    EXPECT_THAT(*notice, HasSubstr(percent));
  }
}

TEST(QuotaNoticeTest, TellsOfJobsThatAreHeld) {
  EXPECT_THAT(*QuotaNotice(Quota(10, true), 10), HasSubstr("no job starts"));
  EXPECT_THAT(*QuotaNotice(Quota(10, true), 9), Not(HasSubstr("no job starts")));
}

}  // namespace
}  // namespace lockstitch::scheduler

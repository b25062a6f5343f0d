#include "services/scheduler/quota_notice.h"

#include "absl/strings/str_cat.h"

namespace lockstitch::scheduler {

std::optional<std::string> QuotaNotice(const v1::RowQuota& quota, int64_t rows_this_month) {
  const double used =
      static_cast<double>(rows_this_month) / static_cast<double>(quota.rows_per_month());
  for (const int percent : {100, 90, 70}) {
    if (used * 100 < percent) continue;
    const bool held = percent == 100 && quota.hold();
    return absl::StrCat(percent, " % of the month's quota of ", quota.rows_per_month(),
                        " rows are used: ", rows_this_month, " rows (UTC)",
                        held ? "; no job starts by itself before the next month" : "");
  }
  return std::nullopt;
}

}  // namespace lockstitch::scheduler

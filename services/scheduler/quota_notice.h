#ifndef LOCKSTITCH_SERVICES_SCHEDULER_QUOTA_NOTICE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_QUOTA_NOTICE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// The warning that 70, 90 or 100 % of a month's quota are used; nullopt where less is. Pure.
std::optional<std::string> QuotaNotice(const v1::RowQuota& quota, int64_t rows_this_month);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_QUOTA_NOTICE_H_

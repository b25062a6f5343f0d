#ifndef LOCKSTITCH_SERVICES_SCHEDULER_QUOTA_NOTICE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_QUOTA_NOTICE_H_

#include <cstdint>
#include <optional>

#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"

namespace lockstitch::scheduler {

// The line of a job's log that warns where 70, 90 or 100 % of a month's quota are used. Pure.
std::optional<v1::LogEntry> QuotaNotice(const v1::RowQuota& quota, int64_t rows_this_month);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_QUOTA_NOTICE_H_

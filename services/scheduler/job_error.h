#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_ERROR_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_ERROR_H_

#include "absl/status/status.h"
#include "lockstitch/v1/job.pb.h"

namespace lockstitch::scheduler {

// A failure as users are told of it.
v1::Error ErrorOf(const absl::Status& failure);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_ERROR_H_

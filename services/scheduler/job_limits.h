#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_LIMITS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_LIMITS_H_

#include <cstddef>

#include "lockstitch/v1/integration.pb.h"
#include "services/scheduler/plan.h"

namespace lockstitch::scheduler {

// What a job of the integration may take at once, where it may run `parallel_streams`.
JobLimits LimitsOf(const v1::Integration& integration, size_t parallel_streams);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_LIMITS_H_

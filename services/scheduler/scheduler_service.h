#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_SERVICE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_SERVICE_H_

#include <memory>

#include "services/scheduler/scheduler.h"

namespace grpc {
class Service;
}

namespace lockstitch::scheduler {

// The gRPC face of `scheduler`, which must outlive it.
std::shared_ptr<grpc::Service> MakeService(Scheduler* scheduler);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SCHEDULER_SERVICE_H_

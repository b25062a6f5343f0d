#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_SERVICE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_SERVICE_H_

#include <memory>
#include <vector>

#include "services/scheduler/control/control.h"

namespace grpc {
class Service;
}

namespace lockstitch::scheduler {

// The gRPC faces of `control`, which must outlive them: IntegrationService, JobService,
// ReportService, AccessService.
std::vector<std::shared_ptr<grpc::Service>> MakeControlServices(const Control* control);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_CONTROL_SERVICE_H_

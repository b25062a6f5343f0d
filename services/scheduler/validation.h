#ifndef LOCKSTITCH_SERVICES_SCHEDULER_VALIDATION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_VALIDATION_H_

#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"

namespace lockstitch::scheduler {

// Everything that keeps the integration, or a stream of it, from being run, and the streams that
// would run: from its own fields, its source's catalog, and the names that its destination has
// given away. Where a database can't be asked, that is a problem among the others. Changes nothing.
v1::ValidateIntegrationResponse Validate(const v1::Integration& integration,
                                         const discovery::DiscoveryClient& discovery,
                                         const loader::LoaderClient& loader);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_VALIDATION_H_

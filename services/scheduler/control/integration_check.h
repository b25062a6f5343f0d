#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_CHECK_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "lockstitch/v1/control.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"

namespace lockstitch::scheduler {

using CheckSteps = std::vector<v1::IntegrationCheckStep>;

// Tries the connections of an integration, both at once. A service that can't be asked is a failed
// step.
CheckSteps CheckConnections(const v1::Integration& integration,
                            const discovery::DiscoveryClient& discovery,
                            const loader::LoaderClient& loader);

// OK if no step failed, else INTEGRATION_CHECK_FAILED with each one that did.
absl::Status Verdict(const CheckSteps& steps);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_CHECK_H_

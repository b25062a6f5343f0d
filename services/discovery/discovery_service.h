#ifndef LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_SERVICE_H_
#define LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_SERVICE_H_

#include <memory>

#include "services/discovery/discovery.h"

namespace grpc {
class Service;
}

namespace lockstitch::discovery {

// The gRPC face of `discovery`, which must outlive it.
std::shared_ptr<grpc::Service> MakeService(Discovery* discovery);

}  // namespace lockstitch::discovery

#endif  // LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_SERVICE_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_LOADER_SERVICE_H_
#define LOCKSTITCH_SERVICES_LOADER_LOADER_SERVICE_H_

#include <memory>

#include "services/loader/loader.h"

namespace grpc {
class Service;
}

namespace lockstitch::loader {

// The gRPC face of `loader`, which must outlive it.
std::shared_ptr<grpc::Service> MakeService(Loader* loader);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_LOADER_SERVICE_H_

#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_SERVICE_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_SERVICE_H_

#include <memory>

#include "services/extractor/extractor.h"

namespace grpc {
class Service;
}

namespace lockstitch::extractor {

// The gRPC face of `extractor`, which must outlive it.
std::shared_ptr<grpc::Service> MakeService(Extractor* extractor);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_SERVICE_H_

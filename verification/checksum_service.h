#ifndef LOCKSTITCH_VERIFICATION_CHECKSUM_SERVICE_H_
#define LOCKSTITCH_VERIFICATION_CHECKSUM_SERVICE_H_

#include <functional>
#include <memory>
#include <stop_token>

#include "absl/status/status.h"
#include "lockstitch/v1/checksum.pb.h"
#include "verification/table_reading.h"

namespace grpc {
class Service;
}

namespace lockstitch::verification {

// Answers a Checksum call: connects to the request's end, reads, and hands over the responses.
using ChecksumHandler = std::function<absl::Status(const v1::ChecksumRequest& request,
                                                   const ChecksumSink& sink, std::stop_token stop)>;

// The gRPC face of one end. `handler` is called in many threads at once.
std::shared_ptr<grpc::Service> MakeService(ChecksumHandler handler);

}  // namespace lockstitch::verification

#endif  // LOCKSTITCH_VERIFICATION_CHECKSUM_SERVICE_H_

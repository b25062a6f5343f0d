#ifndef LOCKSTITCH_TESTS_SECURITY_RAW_CALL_H_
#define LOCKSTITCH_TESTS_SECURITY_RAW_CALL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace lockstitch::tests {

// Calls `method` (package.Service/Method) of any kind with one empty request, as a client that
// knows nothing of it could; `token`, unless it is empty, goes along. OK also where a stream of
// answers ends without any.
absl::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& token = "");

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_SECURITY_RAW_CALL_H_

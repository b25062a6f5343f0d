#ifndef LOCKSTITCH_SERVICES_SCHEDULER_PROBLEM_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_PROBLEM_H_

#include <string>

#include "absl/status/status.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// An error as what keeps a stream from being run; an empty stream is the whole integration.
v1::Problem ProblemOf(const std::string& stream, const absl::Status& error);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_PROBLEM_H_

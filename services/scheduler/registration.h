#ifndef LOCKSTITCH_SERVICES_SCHEDULER_REGISTRATION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_REGISTRATION_H_

#include <vector>

#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/scheduler/selection.h"

namespace lockstitch::scheduler {

// The call that asks the destination which of the streams it knows.
v1::RegisterStreamsRequest RegistrationOf(const v1::Integration& integration,
                                          const std::vector<SelectedStream>& streams,
                                          bool validate_only);

// What that call would tell is known, of an integration whose streams have these states.
v1::RegisterStreamsResponse KnownBy(const v1::GetStateResponse& states);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_REGISTRATION_H_

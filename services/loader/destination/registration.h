#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_REGISTRATION_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_REGISTRATION_H_

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Answers RegisterStreams in a transaction of its own, after making or migrating the state; with
// validate_only it leaves no trace, waits for no lock, and reads a state of an older version as it
// is, without comparing the integration with the one that it keeps. Errors as EnsureIntegration.
absl::StatusOr<v1::RegisterStreamsResponse> RegisterStreams(
    postgres::Connection& connection, const v1::RegisterStreamsRequest& request);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_REGISTRATION_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_

#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// The oldest server that can be written: 10.
inline constexpr int kOldestVersion = 100000;

// Tries what loads will need, step by step: those of postgres::CheckConnection, then version,
// writable, create_schema, state, name, extensions, pooler, connections, clock. Changes nothing.
v1::CheckDestinationResponse CheckDestination(const postgres::Connection::Options& options,
                                              const v1::CheckDestinationRequest& request);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_

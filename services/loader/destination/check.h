#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_

#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Tries what loads will need, step by step: those of postgres::CheckConnection, then version,
// writable, create_schema, state, name, extensions, pooler, connections, clock. Changes nothing.
v1::CheckDestinationResponse CheckDestination(const postgres::Connection::Options& options,
                                              const v1::CheckDestinationRequest& request);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_

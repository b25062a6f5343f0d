#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_

#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Tries what loads will need, step by step, and changes nothing: connect, version, writable,
// create_schema, state.
v1::CheckDestinationResponse CheckDestination(const postgres::Connection::Options& options);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_CHECK_H_

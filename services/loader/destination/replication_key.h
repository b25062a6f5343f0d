#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLICATION_KEY_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLICATION_KEY_H_

#include "lockstitch/v1/loader.pb.h"
#include "schema/key_order.h"

namespace lockstitch::loader {

// How the rows of a destination table, or of one that holds a load's rows, are compared by the
// plan's replication key, which must have one.
schema::KeyOrder ReplicationKeyOf(const v1::LoadPlan& plan);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLICATION_KEY_H_

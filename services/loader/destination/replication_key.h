#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLICATION_KEY_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLICATION_KEY_H_

#include "absl/strings/string_view.h"
#include "lockstitch/v1/loader.pb.h"
#include "schema/key_order.h"

namespace lockstitch::loader {

// How the rows of a destination table, or of one that holds a load's rows, are compared by the
// plan's replication key, which must have one. `row` is what a statement calls the rows, if it has
// others besides.
schema::KeyOrder ReplicationKeyOf(const v1::LoadPlan& plan, absl::string_view row = "");

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_REPLICATION_KEY_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISHED_PLANS_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISHED_PLANS_H_

#include <string>

#include "absl/status/status.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Adds to each stream what its last published load was opened with. `schema` as for ReadStates.
absl::Status AddPublishedPlans(postgres::Connection& connection, const std::string& schema,
                               v1::GetStateResponse* states);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISHED_PLANS_H_

#ifndef LOCKSTITCH_SERVICES_DISCOVERY_CHECK_H_
#define LOCKSTITCH_SERVICES_DISCOVERY_CHECK_H_

#include <vector>

#include "lockstitch/v1/discovery.pb.h"
#include "postgres/connection.h"

namespace lockstitch::discovery {

// The oldest server that can be read: 9.3.
inline constexpr int kOldestVersion = 90300;

// Tries what reading will need, step by step: those of postgres::CheckConnection, then version,
// read_catalog, role, pooler, privileges, connections, clock. Changes nothing.
std::vector<v1::CheckStep> CheckSource(const postgres::Connection::Options& options,
                                       const v1::CheckConnectionRequest& request);

}  // namespace lockstitch::discovery

#endif  // LOCKSTITCH_SERVICES_DISCOVERY_CHECK_H_

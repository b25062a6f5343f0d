#ifndef LOCKSTITCH_POSTGRES_CONNECTION_LIMIT_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_LIMIT_H_

#include <cstdint>

#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::postgres {

// How many connections jobs may open to the server at once: what its settings say, or the default
// of integration.proto.
inline uint32_t ConnectionLimit(const v1::PostgresConnection& server) {
  constexpr uint32_t kDefault = 4;
  return server.max_connections() == 0 ? kDefault : server.max_connections();
}

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_LIMIT_H_

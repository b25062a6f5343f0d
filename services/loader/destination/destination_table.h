#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_DESTINATION_TABLE_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_DESTINATION_TABLE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// The OID of the stream's destination table, 0 if there is none yet. DESTINATION_TABLE_NOT_OURS if
// something of that name is there that this stream did not publish.
absl::StatusOr<int64_t> FindDestinationTable(postgres::Connection& connection,
                                             const StreamState& state, const std::string& table);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_DESTINATION_TABLE_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// The OID of the stream's destination table, 0 if there is none yet. DESTINATION_TABLE_NOT_OURS if
// something of that name is there that this stream did not publish.
absl::StatusOr<int64_t> FindDestinationTable(postgres::Connection& connection,
                                             const StreamState& state, const std::string& table);

// Puts the load table in the place of the destination table, within a transaction of the caller's:
// readers see the old table until it commits, and the new one from then on. Waits a second at most
// for each lock, so that no queue of readers forms behind: then DESTINATION_TABLE_LOCKED, to be
// tried again in a new transaction. DESTINATION_TABLE_IN_USE if something depends on the old table.
absl::Status Swap(postgres::Connection& connection, const StreamState& state,
                  const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_

#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_

#include <string>

#include "absl/status/status.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// OK unless a table of the destination's name is there that this stream did not publish:
// DESTINATION_TABLE_NOT_OURS.
absl::Status TestOwnership(postgres::Connection& connection, const StreamState& state,
                           const std::string& table);

// Puts the load table in the place of the destination table, within a transaction of the caller's:
// readers see the old table until it commits, and the new one from then on. Grants and comments of
// the old table go over to the new one. Waits a second at most for readers of the old table to end,
// so that no others queue up behind: then DESTINATION_TABLE_LOCKED, to be tried again in a new
// transaction. DESTINATION_TABLE_IN_USE if something depends on the old table.
absl::Status Swap(postgres::Connection& connection, const StreamState& state,
                  const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_PUBLISH_H_

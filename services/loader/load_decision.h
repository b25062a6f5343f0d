#ifndef LOCKSTITCH_SERVICES_LOADER_LOAD_DECISION_H_
#define LOCKSTITCH_SERVICES_LOADER_LOAD_DECISION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// What a load is to be, and what must be done to the destination table for it.
struct LoadDecision {
  // As it is to be recorded, but for a table of its own. Its plan tells the mode, what has changed
  // and why the table is read whole.
  LoadRecord load;
  // `load` is a first load that an earlier run left unfinished, and that goes on.
  bool resumes = false;
  // Parts of one ALTER TABLE of the destination table; empty if it is as it should be.
  std::vector<std::string> actions;
};

// Decides what the request's load is after those that the stream's row and its records tell of.
// `reset` forgets bookmark and source. Reads the destination and changes nothing: a preview ends
// here. SOURCE_CHANGED for another database than the last published load read;
// REPLICATION_KEY_CHANGED; SELECTION_INVALID; DESTINATION_TABLE_NOT_OURS;
// DESTINATION_COLUMNS_EXCEEDED; the errors of PlanColumns.
absl::StatusOr<LoadDecision> DecideLoad(postgres::Connection& connection, const StreamState& state,
                                        const v1::BeginLoadRequest& request, bool reset);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_LOAD_DECISION_H_

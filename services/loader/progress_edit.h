#ifndef LOCKSTITCH_SERVICES_LOADER_PROGRESS_EDIT_H_
#define LOCKSTITCH_SERVICES_LOADER_PROGRESS_EDIT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/stream_state.h"
#include "services/loader/load_decision.h"

namespace lockstitch::loader {

// What a user has done to a stream's progress, which its next load begins with.
enum class ProgressEdit {
  kNone,
  kReset,        // Forgets bookmark and source.
  kSetBookmark,  // Goes on from another bookmark.
};

// That of the request: by its generation, if that wasn't applied, or because its run resets the
// stream.
ProgressEdit ProgressEditOf(const StreamState& state, const v1::BeginLoadRequest& request,
                            bool run_resets);

// As DecideLoad, after the edit. BOOKMARK_UNFIT where a bookmark that is to be set is no finite
// value of the replication key, or where the stream can't go on from it: setting a bookmark loads
// nothing anew.
absl::StatusOr<LoadDecision> DecideEditedLoad(postgres::Connection& connection,
                                              const StreamState& state,
                                              const v1::BeginLoadRequest& request,
                                              ProgressEdit edit);

// Stores the edit and its generation, so that it is applied once. `plan` is that of the load which
// was decided after it. The row must be locked.
absl::Status ApplyProgressEdit(postgres::Connection& connection, const StreamState& state,
                               const v1::BeginLoadRequest& request, ProgressEdit edit,
                               const v1::LoadPlan& plan);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_PROGRESS_EDIT_H_

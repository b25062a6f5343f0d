#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_DELETE_PLAN_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_DELETE_PLAN_H_

#include "absl/status/status.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// What a load will do to find rows that were deleted at the source. Only streams INCREMENTAL with a
// key whose settings ask for it, and whose extractor knows how to send keys, look for them.

// Decides whether the destination table has the column _sdc_deleted_at: once it is asked for, for
// as long as `last`, the plan of the stream's last load, counts; nullptr after a reset. Comes
// before the columns are decided on. DESTINATION_NAME_RESERVED if a column of the source would have
// that name.
absl::Status PlanMarks(const v1::BeginLoadRequest& request, const v1::LoadPlan* last,
                       LoadRecord* load);

// Of a load in mode CHANGES: decides by the time of the last comparison whether it compares all
// keys, and plans which. Comes after the columns are decided on. SELECTION_INVALID if rows stay
// that the filter leaves out: their keys aren't among those of the source.
absl::Status PlanComparison(postgres::Connection& connection, const StreamState& state,
                            const v1::BeginLoadRequest& request, LoadRecord* load);

// The range in which the keys of a load that compares them come, behind its only other one; nothing
// for other loads. Within the transaction that begins the load.
void InsertKeysRange(postgres::Connection& connection, const LoadRecord& load);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_DELETE_PLAN_H_

#include "services/loader/destination/delete_plan.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema/destination_names.h"
#include "schema/protocol_version.h"
#include "services/loader/destination/continuation.h"
#include "services/loader/destination/range_record.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using schema::kDeletedAtColumn;
using schema::kSendsKeys;

// $1 stream, $2 seconds between two comparisons.
constexpr absl::string_view kIsDue =
    "SELECT coalesce(EXTRACT(epoch FROM now() - deletes_found_at) >= $2::pg_catalog.float8, true) "
    "FROM _lockstitch.streams WHERE stream_id = $1";

// $1 stream. How far its loads since the last whole one have read at most, whether they were
// published or not, and whether that isn't known of one of them. Older extractors told of a place
// before it.
constexpr absl::string_view kFarthestRead = R"sql(
WITH reads AS (
  SELECT coalesce(source_position_after, source_position) AS position FROM _lockstitch.loads
  WHERE stream_id = $1 AND
        load_id >= coalesce((SELECT max(load_id) FROM _lockstitch.loads
                             WHERE stream_id = $1 AND load_table <> '' AND state = 'published'), 0))
SELECT (SELECT position FROM reads WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1),
       EXISTS (SELECT 1 FROM reads WHERE position IS NULL))sql";

bool WantsDeletes(const v1::BeginLoadRequest& request) {
  return request.method() == v1::REPLICATION_METHOD_INCREMENTAL && request.settings().has_deletes();
}

bool LooksForDeletes(const v1::BeginLoadRequest& request, const LoadRecord& load) {
  return WantsDeletes(request) && !load.key_columns.empty();
}

bool Deletes(const v1::BeginLoadRequest& request) {
  return request.settings().deletes().action() == v1::DELETE_ACTION_DELETE;
}

std::string Seconds(const google::protobuf::Duration& duration) {
  return absl::StrCat(static_cast<double>(duration.seconds()) + duration.nanos() / 1e9);
}

// Why the source may lack rows that an earlier run has read, so that they would be taken for
// deleted ones; empty if it has them all. A standby that lags doesn't have the rows of a run that
// read the primary and never finished.
absl::StatusOr<std::string> WhyIncomparable(postgres::Connection& connection,
                                            const StreamState& state,
                                            const v1::SourceIdentity& source) {
  ASSIGN_OR_RETURN(const postgres::Result farthest,
                   connection.Query(kFarthestRead, {absl::StrCat(state.stream_id)}));
  const std::string& position =
      source.position_before().empty() ? source.wal_position() : source.position_before();
  if (source.standby() && (position.empty() || farthest.Bool(0, 1)))
    return "the source is a standby, and how far it is behind what earlier runs have read can't be "
           "known";
  ASSIGN_OR_RETURN(const bool behind, IsBehind(position, farthest.Optional(0, 0).value_or("")));
  return behind ? "the source is behind where an earlier run has read it" : "";
}

}  // namespace

absl::Status PlanMarks(const v1::BeginLoadRequest& request, const v1::LoadPlan* last,
                       LoadRecord* load) {
  if (WantsDeletes(request) && load->key_columns.empty()) {
    load->plan.add_notes(
        "does not look for deleted rows: the destination table has no key to compare");
  }
  const bool had = last != nullptr && last->marks_deletes();
  const bool wanted =
      LooksForDeletes(request, *load) && !Deletes(request) && request.protocol() >= kSendsKeys;
  if (!had && !wanted) return absl::OkStatus();
  for (const v1::ColumnMapping& column : load->plan.columns()) {
    if (column.destination_column() != kDeletedAtColumn) continue;
    return Error(Reason::kDestinationNameReserved,
                 absl::StrCat("column ", column.source_column(), " would be named ",
                              kDeletedAtColumn, ", where deleted rows are marked"));
  }
  load->plan.set_marks_deletes(true);
  // A first load has nothing that could change.
  if (had || last == nullptr) return absl::OkStatus();
  v1::SchemaChange* change = load->plan.add_changes();
  change->set_kind(v1::CHANGE_KIND_SYSTEM_COLUMNS);
  change->set_destination_column(std::string(kDeletedAtColumn));
  change->set_to("timestamptz");
  change->set_effect(absl::StrCat("column ", kDeletedAtColumn,
                                  " tells from now on when a row was found to be deleted at the "
                                  "source; it is NULL in all others"));
  return absl::OkStatus();
}

absl::Status PlanComparison(postgres::Connection& connection, const StreamState& state,
                            const v1::BeginLoadRequest& request, LoadRecord* load) {
  if (!LooksForDeletes(request, *load)) return absl::OkStatus();
  v1::LoadPlan& plan = load->plan;
  if (plan.keeps_filtered()) {
    return Error(
        Reason::kSelectionInvalid,
        "the filter was edited with backfill: none, so that rows which it leaves out stay, "
        "and deletes are to be looked for, which would take them for deleted ones",
        "Take out deletes, so that they stay; or take out backfill, and reset the stream "
        "if a job has run with it, to have the rows of the filter alone.");
  }
  if (request.protocol() < kSendsKeys) {
    plan.add_notes("does not look for deleted rows: the extractor sends no keys");
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const postgres::Result due,
                   connection.Query(kIsDue, {absl::StrCat(state.stream_id),
                                             Seconds(request.settings().deletes().every())}));
  if (!due.Bool(0, 0)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string why_not, WhyIncomparable(connection, state, request.source()));
  if (!why_not.empty()) {
    plan.add_notes(absl::StrCat("does not look for deleted rows: ", why_not));
    return absl::OkStatus();
  }
  for (const std::string& key : load->key_columns) {
    const auto found =
        std::find_if(plan.columns().begin(), plan.columns().end(),
                     [&](const auto& column) { return column.destination_column() == key; });
    if (found == plan.columns().end())
      return Error(Reason::kInternal, absl::StrCat("the key's column ", key, " is not loaded"));
    *plan.add_keys() = *found;
  }
  // The rows come to be durable before the keys.
  plan.clear_unchanged();
  plan.clear_unchanged_last_key();
  return absl::OkStatus();
}

void InsertKeysRange(postgres::Connection& connection, const LoadRecord& load) {
  if (load.plan.keys().empty()) return;
  v1::PlannedRange range;
  range.set_number(1);
  range.set_keys(true);
  InsertRange(connection, load, range);
}

}  // namespace lockstitch::loader

#include "services/loader/begin_load.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "postgres/transaction.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "services/loader/destination/column_plan.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/publish.h"
#include "services/loader/destination/stream_state.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Transaction;

// $1, $2 write-ahead log positions as text, neither empty.
constexpr absl::string_view kIsBehind = "SELECT $1::pg_lsn < $2::pg_lsn";

// Drops the tables of the stream's older loads. What can't be had within seconds stays for the next
// load.
absl::Status SweepOlderLoads(Connection& connection, const v1::Claim& claim) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(connection));
  ASSIGN_OR_RETURN(const StreamState state, LockStream(connection, claim.target()));
  RETURN_IF_ERROR(TestClaim(state, claim));
  ASSIGN_OR_RETURN(const std::vector<Leftover> leftovers,
                   Leftovers(connection, state, claim.fence()));
  for (const Leftover& leftover : leftovers) {
    RETURN_IF_ERROR(EndLoad(connection, state.stream_id, leftover.fence, "superseded"));
  }
  RETURN_IF_ERROR(transaction.Commit());
  for (const Leftover& leftover : leftovers) {
    const absl::Status dropped = DropLoadTable(connection, leftover.load_table, leftover.load_oid);
    if (!dropped.ok()) {
      telemetry::LogError(
          "a table of an older load stays until the next load", dropped,
          {{"stream", schema::StreamName(claim.target().table())}, {"table", leftover.load_table}});
    }
  }
  return absl::OkStatus();
}

absl::Status TestSource(Connection& connection, const StreamState& state,
                        const v1::SourceIdentity& source) {
  const bool other = (!state.source_system.empty() && !source.system_identifier().empty() &&
                      state.source_system != source.system_identifier()) ||
                     (!state.source_database.empty() && state.source_database != source.database());
  if (other) {
    return Error(Reason::kSourceChanged,
                 absl::StrCat("the last load of this stream read database ", state.source_database,
                              " of system ", state.source_system, ", now it is ", source.database(),
                              " of system ", source.system_identifier()));
  }
  if (state.source_position.empty() || source.wal_position().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const postgres::Result behind,
                   connection.Query(kIsBehind, {source.wal_position(), state.source_position}));
  if (!behind.Bool(0, 0)) return absl::OkStatus();
  return Error(
      Reason::kSourceChanged,
      absl::StrCat(
          "the source is at ", source.wal_position(), ", before ", state.source_position,
          " which the last load of this stream has read: it was restored, or is a standby behind"));
}

absl::StatusOr<LoadRecord> MakeLoad(Connection& connection, const StreamState& state,
                                    const v1::BeginLoadRequest& request) {
  const v1::Claim& claim = request.claim();
  ASSIGN_OR_RETURN(const std::string destination_table,
                   schema::DestinationTable(claim.target().table(), claim.target().naming()));
  LoadRecord load = {.stream_id = state.stream_id,
                     .fence = claim.fence(),
                     .run_id = claim.run_id(),
                     .extraction_id = claim.extraction_id(),
                     .open = true,
                     .load_table = LoadTableName(state.stream_id, claim.fence()),
                     .destination_table = destination_table,
                     .method = request.method(),
                     .source = request.source()};
  RETURN_IF_ERROR(FindDestinationTable(connection, state, load.destination_table).status());
  ASSIGN_OR_RETURN(const std::set<std::string> known, KnownColumns(connection, state));
  ASSIGN_OR_RETURN(ColumnPlan columns, PlanColumns(connection, request, known));
  const SystemValues system = {
      .columns = request.system_columns(),
      .extracted_at = absl::FromUnixSeconds(request.extracted_at().seconds()) +
                      absl::Nanoseconds(request.extracted_at().nanos()),
      .table_version = state.table_version + 1};
  ASSIGN_OR_RETURN(load.load_oid, CreateLoadTable(connection, state.schema, load.load_table,
                                                  columns.columns, system));
  load.key_columns = std::move(columns.key_columns);
  load.plan.mutable_columns()->Add(columns.columns.begin(), columns.columns.end());
  load.plan.mutable_notes()->Add(columns.notes.begin(), columns.notes.end());
  for (const v1::ColumnMapping& column : columns.columns)
    load.plan.add_known_columns(column.source_column());
  load.plan.mutable_known_columns()->MergeFrom(request.other_columns());
  load.plan.set_destination_table(absl::StrCat(state.schema, ".", load.destination_table));
  RETURN_IF_ERROR(InsertLoad(connection, load, request));
  return load;
}

absl::StatusOr<v1::BeginLoadResponse> Answer(Connection& connection, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const auto ranges, DurableRanges(connection, load));
  v1::BeginLoadResponse response;
  *response.mutable_plan() = load.plan;
  for (const auto& [number, range] : ranges) {
    v1::PlannedRange* planned = response.mutable_plan()->add_ranges();
    planned->set_number(number);
    planned->set_durable(range.complete);
  }
  return response;
}

absl::Status TestRequest(const v1::BeginLoadRequest& request) {
  if (request.ranges().empty() || request.claim().extraction_id().empty()) {
    return Error(Reason::kProtocolViolated,
                 "BeginLoad needs an extraction id and at least one range");
  }
  if (request.method() != v1::REPLICATION_METHOD_FULL_TABLE) {
    return Error(Reason::kMethodNotAvailable, "this loader replaces whole tables only");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::BeginLoadResponse> OpenLoad(Connection& connection,
                                               const v1::BeginLoadRequest& request) {
  RETURN_IF_ERROR(TestRequest(request));
  const v1::Claim& claim = request.claim();
  if (const absl::Status swept = SweepOlderLoads(connection, claim);
      !swept.ok() && ReasonOf(swept) != Reason::kSuperseded) {
    return swept;
  }

  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(connection));
  ASSIGN_OR_RETURN(const StreamState state, LockStream(connection, claim.target()));
  ASSIGN_OR_RETURN(std::optional<v1::LoadResult> kept,
                   KeptResult(connection, state, claim.run_id()));
  if (kept) {
    v1::BeginLoadResponse response;
    *response.mutable_result() = *std::move(kept);
    return response;
  }
  RETURN_IF_ERROR(TestClaim(state, claim));
  ASSIGN_OR_RETURN(std::optional<LoadRecord> load, FindLoad(connection, state, claim.fence()));
  if (load && load->extraction_id != claim.extraction_id()) {
    return Error(Reason::kFenceReused, absl::StrCat("fence ", claim.fence(), " serves extraction ",
                                                    load->extraction_id, " already"));
  }
  if (!load) {
    const bool reset = request.reset() || request.reset_generation() > state.reset_generation;
    if (reset) {
      RETURN_IF_ERROR(ForgetProgress(connection, state,
                                     std::max(state.reset_generation, request.reset_generation())));
    } else {
      RETURN_IF_ERROR(TestSource(connection, state, request.source()));
    }
    ASSIGN_OR_RETURN(load, MakeLoad(connection, state, request));
  }
  ASSIGN_OR_RETURN(v1::BeginLoadResponse response, Answer(connection, *load));
  RETURN_IF_ERROR(transaction.Commit());
  return response;
}

}  // namespace lockstitch::loader

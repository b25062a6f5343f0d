#include "services/loader/begin_load.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "failpoint/failpoint.h"
#include "postgres/transaction.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "services/loader/destination/column_plan.h"
#include "services/loader/destination/continuation.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/publish.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/stream_state.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Transaction;

// Drops the tables of loads that go on no more. What can't be had within seconds stays for the next
// load.
void DropLeftovers(Connection& connection, const v1::Claim& claim,
                   const std::vector<Leftover>& leftovers) {
  for (const Leftover& leftover : leftovers) {
    const absl::Status dropped = DropLoadTable(connection, leftover.load_table, leftover.load_oid);
    if (!dropped.ok()) {
      telemetry::LogError(
          "a table of an older load stays until the next load", dropped,
          {{"stream", schema::StreamName(claim.target().table())}, {"table", leftover.load_table}});
    }
  }
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
  ASSIGN_OR_RETURN(const bool behind, IsBehind(connection, source, state.source_position));
  if (!behind) return absl::OkStatus();
  return Error(
      Reason::kSourceChanged,
      absl::StrCat(
          "the source is at ", source.wal_position(), ", before ", state.source_position,
          " which the last load of this stream has read: it was restored, or is a standby behind"));
}

// What a load of this request would be after the last published one, but for how it gets the table
// to where it should be.
absl::StatusOr<LoadRecord> Describe(Connection& connection, const StreamState& state,
                                    const std::optional<LoadRecord>& last,
                                    const v1::BeginLoadRequest& request) {
  const v1::Claim& claim = request.claim();
  ASSIGN_OR_RETURN(const std::string destination_table,
                   schema::DestinationTable(claim.target().table(), claim.target().naming()));
  LoadRecord load = {.stream_id = state.stream_id,
                     .load_id = claim.fence(),
                     .fence = claim.fence(),
                     .run_id = claim.run_id(),
                     .extraction_id = claim.extraction_id(),
                     .open = true,
                     .destination_table = destination_table,
                     .method = request.method(),
                     .source = request.source()};
  if (request.has_horizon()) load.plan.set_horizon(request.horizon());
  RETURN_IF_ERROR(FindDestinationTable(connection, state, load.destination_table).status());
  std::set<std::string> known;
  if (last) known.insert(last->plan.known_columns().begin(), last->plan.known_columns().end());
  ASSIGN_OR_RETURN(ColumnPlan columns, PlanColumns(connection, request, known));
  load.key_columns = std::move(columns.key_columns);
  v1::LoadPlan& plan = load.plan;
  plan.mutable_columns()->Add(columns.columns.begin(), columns.columns.end());
  plan.mutable_notes()->Add(columns.notes.begin(), columns.notes.end());
  for (const v1::ColumnMapping& column : columns.columns)
    plan.add_known_columns(column.source_column());
  plan.mutable_known_columns()->MergeFrom(request.other_columns());
  plan.set_destination_table(absl::StrCat(state.schema, ".", load.destination_table));
  plan.set_replication_key(request.replication_key());
  *plan.mutable_settings() = request.settings();
  plan.set_source_oid(request.table().oid());
  plan.set_filter(request.filter());
  plan.set_duplicate_keys(request.duplicate_keys() && !load.key_columns.empty());
  plan.mutable_system()->set_columns(request.system_columns());
  *plan.mutable_system()->mutable_extracted_at() = request.extracted_at();
  return load;
}

// A load whose rows go to a table of their own.
absl::Status BeginTable(Connection& connection, const StreamState& state,
                        const v1::BeginLoadRequest& request, v1::LoadMode mode, LoadRecord* load) {
  load->plan.set_mode(mode);
  load->plan.mutable_system()->set_table_version(state.table_version + 1);
  load->load_table = LoadTableName(load->stream_id, load->load_id);
  ASSIGN_OR_RETURN(load->load_oid,
                   CreateLoadTable(connection, state.schema, load->load_table, load->plan));
  RETURN_IF_ERROR(InsertLoad(connection, *load));
  for (int number = 0; number < request.ranges_size(); ++number) {
    v1::PlannedRange range;
    range.set_number(static_cast<uint32_t>(number));
    *range.mutable_bounds() = request.ranges(number);
    RETURN_IF_ERROR(InsertRange(connection, *load, range));
  }
  return absl::OkStatus();
}

// A load whose rows go into the destination table.
absl::Status BeginChanges(Connection& connection, const StreamState& state, LoadRecord* load) {
  load->plan.set_mode(v1::LOAD_MODE_CHANGES);
  load->plan.set_lower_bound(*state.bookmark);
  load->plan.mutable_system()->set_table_version(state.table_version);
  ASSIGN_OR_RETURN(const std::optional<v1::Extent> unchanged,
                   LastAppliedFromBookmark(connection, state));
  if (unchanged) *load->plan.mutable_unchanged() = *unchanged;
  RETURN_IF_ERROR(InsertLoad(connection, *load));
  v1::PlannedRange range;
  range.mutable_bounds()->set_lower(*state.bookmark);
  return InsertRange(connection, *load, range);
}

// Takes over what another run has left of a first load. What it has read may have changed since:
// that is read once more at the end, under the snapshot that the load finishes with.
absl::Status Resume(Connection& connection, const v1::BeginLoadRequest& request, LoadRecord* load) {
  RETURN_IF_ERROR(EndOtherLoaders(connection, load->load_table, load->load_oid));
  RETURN_IF_ERROR(ReopenTable(connection, *load));
  RETURN_IF_ERROR(TakeOver(connection, request.claim(), request.source(), load));
  ASSIGN_OR_RETURN(const std::vector<RangeRecord> ranges, ReadRanges(connection, *load));
  const auto durable = [](const RangeRecord& range) { return range.planned.durable(); };
  const auto waiting = [](const RangeRecord& range) {
    return range.planned.closing() && !range.planned.durable();
  };
  const int64_t kept = std::count_if(ranges.begin(), ranges.end(), durable);
  load->plan.add_notes(absl::StrCat("goes on with the first load that an earlier run began: ", kept,
                                    " of ", ranges.size(), " ranges are durable"));
  if (kept == 0 || std::any_of(ranges.begin(), ranges.end(), waiting)) return absl::OkStatus();
  v1::PlannedRange closing;
  closing.set_number(static_cast<uint32_t>(ranges.size()));
  closing.mutable_bounds()->set_lower(load->plan.horizon());
  closing.mutable_bounds()->set_null_keys(true);
  closing.set_closing(true);
  return InsertRange(connection, *load, closing);
}

// Whether an earlier extraction of the run has reset the stream: what it left is to be gone on
// with.
absl::StatusOr<bool> HasReset(Connection& connection, const StreamState& state,
                              const std::string& run_id) {
  ASSIGN_OR_RETURN(const std::optional<LoadRecord> unfinished,
                   UnfinishedFirstLoad(connection, state));
  return unfinished && unfinished->run_id == run_id;
}

absl::StatusOr<LoadRecord> MakeLoad(Connection& connection, const StreamState& state,
                                    const v1::BeginLoadRequest& request, bool reset) {
  ASSIGN_OR_RETURN(const std::optional<LoadRecord> last, LastPublished(connection, state));
  ASSIGN_OR_RETURN(LoadRecord load, Describe(connection, state, last, request));
  if (load.method == v1::REPLICATION_METHOD_FULL_TABLE) {
    RETURN_IF_ERROR(BeginTable(connection, state, request, v1::LOAD_MODE_REPLACE, &load));
    return load;
  }
  std::optional<std::string> why = "the stream was reset";
  if (!reset) {
    ASSIGN_OR_RETURN(why, WhyFromTheBeginning(connection, state, last, load));
    if (!why && state.bookmark) {
      RETURN_IF_ERROR(BeginChanges(connection, state, &load));
      return load;
    }
    ASSIGN_OR_RETURN(Unfinished unfinished, FindUnfinished(connection, state, load));
    if (unfinished.load) {
      RETURN_IF_ERROR(Resume(connection, request, &*unfinished.load));
      return *std::move(unfinished.load);
    }
    if (!unfinished.obstacle.empty())
      load.plan.add_notes(absl::StrCat("begins the first load anew: ", unfinished.obstacle));
  }
  if (why) load.plan.add_notes(absl::StrCat("reads the whole table: ", *why));
  RETURN_IF_ERROR(BeginTable(connection, state, request, v1::LOAD_MODE_FIRST, &load));
  return load;
}

absl::StatusOr<v1::BeginLoadResponse> Answer(Connection& connection, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const std::vector<RangeRecord> ranges, ReadRanges(connection, load));
  v1::BeginLoadResponse response;
  *response.mutable_plan() = load.plan;
  for (const RangeRecord& range : ranges) *response.mutable_plan()->add_ranges() = range.planned;
  return response;
}

absl::Status TestRequest(const v1::BeginLoadRequest& request) {
  if (request.ranges().empty() || request.claim().extraction_id().empty()) {
    return Error(Reason::kProtocolViolated,
                 "BeginLoad needs an extraction id and at least one range");
  }
  const bool incremental = request.method() == v1::REPLICATION_METHOD_INCREMENTAL;
  if (!incremental && request.method() != v1::REPLICATION_METHOD_FULL_TABLE) {
    return Error(Reason::kMethodNotAvailable, "this loader knows FULL_TABLE and INCREMENTAL");
  }
  if (incremental == request.replication_key().empty()) {
    return Error(Reason::kProtocolViolated,
                 "BeginLoad needs a replication key for INCREMENTAL, and for nothing else");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::BeginLoadResponse> OpenLoad(Connection& connection,
                                               const v1::BeginLoadRequest& request) {
  RETURN_IF_ERROR(TestRequest(request));
  const v1::Claim& claim = request.claim();
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
    ASSIGN_OR_RETURN(const bool was_reset, HasReset(connection, state, claim.run_id()));
    const bool reset =
        (request.reset() && !was_reset) || request.reset_generation() > state.reset_generation;
    if (reset) {
      RETURN_IF_ERROR(ForgetProgress(connection, state,
                                     std::max(state.reset_generation, request.reset_generation())));
    } else {
      RETURN_IF_ERROR(TestSource(connection, state, request.source()));
    }
    ASSIGN_OR_RETURN(load, MakeLoad(connection, state, request, reset));
  }
  ASSIGN_OR_RETURN(v1::BeginLoadResponse response, Answer(connection, *load));
  RETURN_IF_ERROR(EndOtherLoads(connection, *load));
  ASSIGN_OR_RETURN(const std::vector<Leftover> leftovers, Leftovers(connection, *load));
  Failpoint("loader.load.recorded");
  RETURN_IF_ERROR(transaction.Commit());
  Failpoint("loader.load.begun");
  DropLeftovers(connection, claim, leftovers);
  return response;
}

}  // namespace lockstitch::loader

#include "services/loader/finish_load.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "batch/checksum.h"
#include "failpoint/failpoint.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "postgres/transaction.h"
#include "rpc/retry.h"
#include "schema/stream_name.h"
#include "services/loader/destination/carry_over.h"
#include "services/loader/destination/claimed_load.h"
#include "services/loader/destination/deletes.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/merge.h"
#include "services/loader/destination/publish.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/retired_values.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Transaction;

// Between attempts at the swap readers of the old table come and go undisturbed.
constexpr rpc::RetryPolicy kSwapPolicy = {.first = absl::Milliseconds(200),
                                          .most = absl::Seconds(5)};

// Takes a range that was not sent, since it is what the destination table has from the bookmark on,
// as if it had been.
void RecordUnchanged(Connection& connection, const LoadRecord& load, RangeRecord* range) {
  v1::ChunkEnd chunk;
  *chunk.mutable_extent() = load.plan.unchanged();
  chunk.set_ends_range(true);
  ChunkOutcome outcome;
  if (load.plan.has_unchanged_last_key()) outcome.last_key = load.plan.unchanged_last_key();
  InsertChunk(connection, load, range->planned.number(), chunk, outcome);
  range->planned.set_durable(true);
  range->durable = load.plan.unchanged();
}

// Everything that was read must be durable, and nothing else.
absl::Status SettleRanges(Connection& connection, const LoadRecord& load,
                          const v1::FinishLoadRequest& request) {
  ASSIGN_OR_RETURN(std::vector<RangeRecord> ranges, ReadRanges(connection, load));
  std::map<uint32_t, v1::Extent> reported;
  for (const v1::RangeExtent& range : request.ranges()) reported[range.range()] = range.extent();
  if (reported.size() != ranges.size()) {
    return Error(Reason::kLoadMismatch,
                 absl::StrCat("the load has ", ranges.size(), " ranges, the extraction read ",
                              reported.size()));
  }
  for (RangeRecord& range : ranges) {
    const uint32_t number = range.planned.number();
    const auto expected = reported.find(number);
    if (load.plan.has_unchanged() && range.attempt == 0 && expected != reported.end() &&
        batch::SameExtent(expected->second, load.plan.unchanged()))
      RecordUnchanged(connection, load, &range);
    if (!range.planned.durable())
      return Error(Reason::kLoadMismatch, absl::StrCat("range ", number, " isn't durable"));
    if (expected == reported.end() || !batch::SameExtent(range.durable, expected->second)) {
      return Error(Reason::kLoadMismatch,
                   absl::StrCat("range ", number, " is durable with ", range.durable.rows(),
                                " rows, but differs from what was read"));
    }
  }
  return absl::OkStatus();
}

// Rows that can't be published as they are: SQLSTATE class 23 where the load's own key refuses
// them.
bool IsAboutTheRows(const absl::Status& failure) {
  return absl::StartsWith(postgres::SqlStateOf(failure), "23") ||
         ReasonOf(failure) == Reason::kDestinationConstraintViolated;
}

// What another session's locks have made fail, or its indexes that came in the middle, and would
// not for long.
bool IsAboutOthers(const absl::Status& failure) {
  return ReasonOf(failure) == Reason::kDestinationTableLocked ||
         postgres::SqlStateOf(failure) == postgres::kDeadlockDetected;
}

// A table of fewer rows is left to autovacuum: a session costs more.
constexpr int64_t kAnalyzedRows = 10'000;
constexpr int kFirstToSkipLocked = 120000;

// Has the server look at the rows that have just come, so that readers' queries are planned for
// them. Nobody waits for it, and it for nobody.
void Analyze(Connection& connection, const StreamState& state, const LoadRecord& load) {
  const std::string table = postgres::QuoteQualified(state.schema, load.destination_table);
  connection.RunAndLeave(connection.server_version() >= kFirstToSkipLocked
                             ? absl::StrCat("ANALYZE (SKIP_LOCKED) ", table)
                             : absl::StrCat("SET lock_timeout = '1s'; ANALYZE ", table));
}

// Everything that must hold for the load to be published, under the stream's row.
absl::StatusOr<ClaimedLoad> Test(Connection& connection, const v1::FinishLoadRequest& request) {
  ASSIGN_OR_RETURN(ClaimedLoad found, LockClaimedLoad(connection, request.claim()));
  if (found.load) RETURN_IF_ERROR(SettleRanges(connection, *found.load, request));
  return found;
}

// What is known of a load before its rows are put in place.
struct Prepared {
  int64_t old_oid = 0;
  std::optional<LoadRecord> last;       // The stream's last published load.
  std::vector<std::string> why_merge;   // As for Place.
  BuiltIndexes indexes;                 // Where nothing says to merge.
  std::optional<std::string> bookmark;  // Of a first load.
  std::vector<std::string> notes;       // For the job's log.
};

// Everything that takes long, before a swap: the key, the old table's indexes, and the bookmark of
// a first load. May be repeated.
absl::Status Prepare(Connection& connection, const v1::Claim& claim, const LoadRecord& load,
                     Prepared* prepared) {
  Failpoint("loader.finish.preparing");
  Transaction transaction = Transaction::Begin(connection);
  // The stream's row isn't locked: a draw need not wait for an index. Who takes the load over after
  // it needs the table's lock, and may have had it before: then there may be no table.
  RETURN_IF_ERROR(TestClaimUnlocked(connection, load.stream_id, claim));
  RETURN_IF_ERROR(LockLoadTable(connection, load));
  RETURN_IF_ERROR(TestClaimUnlocked(connection, load.stream_id, claim));
  if (load.plan.mode() == v1::LOAD_MODE_FIRST) {
    ASSIGN_OR_RETURN(const bool several, HasSeveralSnapshots(connection, load));
    if (!load.key_columns.empty() && (several || load.plan.duplicate_keys()))
      RETURN_IF_ERROR(LeaveNewest(connection, load));
    ASSIGN_OR_RETURN(prepared->bookmark, BookmarkOf(connection, load));
  }
  if (const absl::Status finished = FinishTable(connection, load); !finished.ok())
    return WithoutLoadTable(finished, load);
  if (prepared->old_oid != 0 && prepared->why_merge.empty()) {
    ASSIGN_OR_RETURN(prepared->notes, KeepRetired(connection, load, prepared->old_oid));
    ASSIGN_OR_RETURN(prepared->indexes, BuildIndexes(connection, prepared->old_oid, load));
  }
  return transaction.Commit();
}

// Ends a load whose rows can't be published as they are: its next run begins anew, with the rows
// that the source has by then.
absl::Status GiveUp(Connection& connection, const v1::Claim& claim) {
  Transaction transaction = Transaction::Begin(connection);
  ASSIGN_OR_RETURN(const ClaimedLoad found, LockClaimedLoad(connection, claim));
  if (!found.load) return absl::OkStatus();
  EndLoad(connection, *found.load, "aborted");
  RETURN_IF_ERROR(transaction.Commit());
  return DropLoadTable(connection, found.load->load_table, found.load->load_oid);
}

// Gets the load's rows to where readers see them, unless they are there already.
absl::StatusOr<Placed> PutInPlace(Connection& connection, const StreamState& state,
                                  const LoadRecord& load, const Prepared& prepared) {
  if (load.plan.mode() == v1::LOAD_MODE_CHANGES)
    return Placed{.oid = state.destination_oid, .table_version = state.table_version};
  return Place(connection, state, load, prepared.last, prepared.why_merge, prepared.indexes.of);
}

// Ends the transaction in which the load was found as it must be.
absl::StatusOr<v1::LoadResult> Publish(Connection& connection, Transaction transaction,
                                       const ClaimedLoad& found, const Prepared& prepared,
                                       telemetry::Metrics* metrics) {
  const StreamState& state = found.state;
  const LoadRecord& load = *found.load;
  ASSIGN_OR_RETURN(const Placed placed, PutInPlace(connection, state, load, prepared));
  const Published published = {
      .destination_oid = placed.oid,
      .table_version = placed.table_version,
      .bookmark = load.plan.mode() == v1::LOAD_MODE_CHANGES ? state.bookmark : prepared.bookmark};

  v1::LoadResult result;
  result.set_outcome(v1::LOAD_OUTCOME_PUBLISHED);
  result.set_destination_table(load.plan.destination_table());
  result.set_table_version(published.table_version);
  result.set_replaced(published.table_version != state.table_version);
  result.mutable_key_columns()->Add(load.key_columns.begin(), load.key_columns.end());
  if (published.bookmark) result.set_bookmark(*published.bookmark);
  result.mutable_notes()->Add(prepared.indexes.notes.begin(), prepared.indexes.notes.end());
  result.mutable_notes()->Add(prepared.notes.begin(), prepared.notes.end());
  result.mutable_notes()->Add(placed.notes.begin(), placed.notes.end());
  result.mutable_changes()->Add(placed.changes.begin(), placed.changes.end());
  result.mutable_ended_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  RETURN_IF_ERROR(CountRun(connection, state, load.run_id, load.load_id, &result));
  EndLoad(connection, load, "published");
  RecordPublished(connection, load, published);
  RETURN_IF_ERROR(RecordComparison(connection, load, &result));
  KeepResult(connection, state, load.run_id, result);
  Failpoint("loader.finish.publishing");
  RETURN_IF_ERROR(transaction.Commit());
  Failpoint("loader.finish.published");
  metrics->Add(telemetry::Metric::kLoaderLoads, {"published"}, 1);
  if (load.plan.mode() != v1::LOAD_MODE_CHANGES && result.rows() >= kAnalyzedRows)
    Analyze(connection, state, load);
  return result;
}

// A load that was found as it must be, in the transaction that holds it so.
struct Tested {
  Transaction transaction;
  ClaimedLoad found;
};

absl::StatusOr<Tested> BeginTested(Connection& connection, const v1::FinishLoadRequest& request) {
  Transaction transaction = Transaction::Begin(connection);
  ASSIGN_OR_RETURN(ClaimedLoad found, Test(connection, request));
  return Tested{std::move(transaction), std::move(found)};
}

absl::StatusOr<v1::LoadResult> PrepareAndPublish(Connection& connection,
                                                 const v1::FinishLoadRequest& request,
                                                 telemetry::Metrics* metrics) {
  Prepared prepared;
  {
    ASSIGN_OR_RETURN(Tested tested, BeginTested(connection, request));
    auto& [transaction, found] = tested;
    if (found.result) return *std::move(found.result);
    // Changes are in their table: there is nothing to prepare.
    if (found.load->plan.mode() == v1::LOAD_MODE_CHANGES)
      return Publish(connection, std::move(transaction), found, prepared, metrics);
    ASSIGN_OR_RETURN(prepared.old_oid,
                     FindDestinationTable(connection, found.state, found.load->destination_table));
    ASSIGN_OR_RETURN(prepared.last, LastStanding(connection, found.state));
    ASSIGN_OR_RETURN(prepared.why_merge, WhyMerge(connection, prepared.old_oid, prepared.last));
    RETURN_IF_ERROR(EndOtherLoaders(connection, found.load->load_table, found.load->load_oid));
    RETURN_IF_ERROR(transaction.Commit());
    RETURN_IF_ERROR(Prepare(connection, request.claim(), *found.load, &prepared));
    Failpoint("loader.finish.prepared");
  }
  ASSIGN_OR_RETURN(Tested tested, BeginTested(connection, request));
  if (tested.found.result) return *std::move(tested.found.result);
  // Something may have come upon the table while the load's own was prepared.
  if (prepared.why_merge.empty()) {
    ASSIGN_OR_RETURN(prepared.why_merge, WhyMerge(connection, prepared.old_oid, prepared.last));
  }
  if (!prepared.why_merge.empty()) {
    // Gives the table its columns ahead: readers wait for that alone, and not for the merge.
    RETURN_IF_ERROR(AlterForMerge(connection, tested.found.state, *tested.found.load,
                                  *prepared.last, prepared.old_oid));
    RETURN_IF_ERROR(tested.transaction.Commit());
    Failpoint("loader.finish.altered");
    ASSIGN_OR_RETURN(tested, BeginTested(connection, request));
    if (tested.found.result) return *std::move(tested.found.result);
    // Which is kept with the columns that the table has by now.
    ASSIGN_OR_RETURN(prepared.last, LastStanding(connection, tested.found.state));
  }
  return Publish(connection, std::move(tested.transaction), tested.found, prepared, metrics);
}

}  // namespace

absl::StatusOr<v1::LoadResult> PublishLoad(Connection& connection,
                                           const v1::FinishLoadRequest& request,
                                           const PublishOptions& options) {
  absl::StatusOr<v1::LoadResult> result = absl::UnknownError("not tried");
  for (int attempt = 1; rpc::WaitBeforeAttempt(kSwapPolicy, attempt, options.stop); ++attempt) {
    result = PrepareAndPublish(connection, request, options.metrics);
    if (!IsAboutOthers(result.status()) || absl::Now() >= options.deadline) break;
  }
  if (IsAboutTheRows(result.status())) GiveUp(connection, request.claim()).IgnoreError();
  if (result.ok()) return result;
  if (options.stop.stop_requested())
    return Error(Reason::kShuttingDown, "the loader is shutting down");
  if (!IsAboutOthers(result.status())) return result;
  return Error(Reason::kDestinationTableLocked,
               absl::StrCat("other sessions kept the destination table of ",
                            schema::StreamName(request.claim().target().table()), " locked"));
}

}  // namespace lockstitch::loader

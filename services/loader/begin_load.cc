#include "services/loader/begin_load.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "failpoint/failpoint.h"
#include "postgres/sqlstate.h"
#include "postgres/transaction.h"
#include "rpc/retry.h"
#include "schema/protocol_version.h"
#include "schema/stream_name.h"
#include "services/loader/destination/claimed_load.h"
#include "services/loader/destination/delete_plan.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/stream_state.h"
#include "services/loader/destination/table_form.h"
#include "services/loader/load_decision.h"
#include "services/loader/progress_edit.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Transaction;

// Between attempts to alter the destination table its readers come and go undisturbed.
constexpr rpc::RetryPolicy kAlterPolicy = {.first = absl::Milliseconds(200),
                                           .most = absl::Seconds(5)};

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

// A load whose rows go to a table of their own.
absl::Status BeginTable(Connection& connection, const StreamState& state,
                        const v1::BeginLoadRequest& request, LoadRecord* load) {
  load->load_table = LoadTableName(load->stream_id, load->load_id);
  ASSIGN_OR_RETURN(load->load_oid, CreateLoadTable(connection, state.schema, *load));
  InsertLoad(connection, *load);
  for (int number = 0; number < request.ranges_size(); ++number) {
    v1::PlannedRange range;
    range.set_number(static_cast<uint32_t>(number));
    *range.mutable_bounds() = request.ranges(number);
    InsertRange(connection, *load, range);
  }
  return absl::OkStatus();
}

// A load whose rows go into the destination table, which is altered for it.
absl::Status BeginChanges(Connection& connection, const StreamState& state,
                          const LoadDecision& decision) {
  const LoadRecord& load = decision.load;
  RETURN_IF_ERROR(AlterTable(connection, state, load.destination_table, decision.actions));
  InsertLoad(connection, load);
  v1::PlannedRange range;
  range.mutable_bounds()->set_lower(load.plan.lower_bound());
  InsertRange(connection, load, range);
  InsertKeysRange(connection, load);
  return absl::OkStatus();
}

// Takes over what another run has left of a first load. What it has read may have changed since:
// that is read once more at the end, under the snapshot that the load finishes with.
absl::Status Resume(Connection& connection, const v1::BeginLoadRequest& request, LoadRecord* load) {
  RETURN_IF_ERROR(EndOtherLoaders(connection, load->load_table, load->load_oid));
  RETURN_IF_ERROR(ReopenTable(connection, *load));
  RETURN_IF_ERROR(TakeOver(connection, request.claim(), request.source(), load));
  RETURN_IF_ERROR(StorePlan(connection, *load));
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
  InsertRange(connection, *load, closing);
  return absl::OkStatus();
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
                                    const v1::BeginLoadRequest& request, ProgressEdit edit) {
  ASSIGN_OR_RETURN(LoadDecision decision, DecideEditedLoad(connection, state, request, edit));
  if (decision.resumes) {
    RETURN_IF_ERROR(Resume(connection, request, &decision.load));
  } else if (decision.load.plan.mode() == v1::LOAD_MODE_CHANGES) {
    RETURN_IF_ERROR(BeginChanges(connection, state, decision));
  } else {
    RETURN_IF_ERROR(BeginTable(connection, state, request, &decision.load));
  }
  return std::move(decision.load);
}

v1::BeginLoadResponse Answer(const LoadRecord& load, const std::vector<RangeRecord>& ranges) {
  v1::BeginLoadResponse response;
  response.set_protocol(schema::kProtocol);
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

absl::StatusOr<v1::BeginLoadResponse> TryOpenLoad(Connection& connection,
                                                  const v1::BeginLoadRequest& request) {
  const v1::Claim& claim = request.claim();
  Transaction transaction = Transaction::Begin(connection);
  ASSIGN_OR_RETURN(ClaimedLoad found, LockRun(connection, claim));
  if (found.result) {
    v1::BeginLoadResponse response;
    response.set_protocol(schema::kProtocol);
    *response.mutable_result() = *std::move(found.result);
    return response;
  }
  const StreamState& state = found.state;
  RETURN_IF_ERROR(TestClaim(state, claim));
  std::optional<LoadRecord>& load = found.load;
  if (load && load->extraction_id != claim.extraction_id()) {
    return Error(Reason::kFenceReused, absl::StrCat("fence ", claim.fence(), " serves extraction ",
                                                    load->extraction_id, " already"));
  }
  if (!load) {
    bool was_reset = false;
    if (request.reset()) {
      ASSIGN_OR_RETURN(was_reset, HasReset(connection, state, claim.run_id()));
    }
    const ProgressEdit edit = ProgressEditOf(state, request, request.reset() && !was_reset);
    ASSIGN_OR_RETURN(load, MakeLoad(connection, state, request, edit));
    RETURN_IF_ERROR(ApplyProgressEdit(connection, state, request, edit, load->plan));
  }
  EndOtherLoads(connection, *load);
  Failpoint("loader.load.recorded");
  ASSIGN_OR_RETURN(const std::vector<postgres::Result> answers,
                   transaction.CommitWith({AskForRanges(*load), AskForLeftovers(*load)}));
  Failpoint("loader.load.begun");
  DropLeftovers(connection, claim, LeftoversOf(answers[1]));
  return Answer(*load, RangesOf(answers[0]));
}

}  // namespace

absl::StatusOr<v1::BeginLoadResponse> OpenLoad(Connection& connection,
                                               const v1::BeginLoadRequest& request,
                                               const OpenOptions& options) {
  RETURN_IF_ERROR(TestRequest(request));
  absl::StatusOr<v1::BeginLoadResponse> response = absl::UnknownError("not tried");
  for (int attempt = 1; rpc::WaitBeforeAttempt(kAlterPolicy, attempt, options.stop); ++attempt) {
    response = TryOpenLoad(connection, request);
    if (postgres::SqlStateOf(response.status()) != postgres::kLockNotAvailable ||
        absl::Now() >= options.deadline)
      break;
  }
  if (response.ok()) return response;
  if (options.stop.stop_requested())
    return Error(Reason::kShuttingDown, "the loader is shutting down");
  return response;
}

}  // namespace lockstitch::loader

#include "services/loader/preview_load.h"

#include <optional>

#include "postgres/transaction.h"
#include "services/loader/destination/state_schema.h"
#include "services/loader/destination/stream_state.h"
#include "services/loader/load_decision.h"
#include "services/loader/progress_edit.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

constexpr absl::string_view kSnapshot = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

// What says that the destination could not be asked, rather than what it would answer.
bool IsAboutTheCall(const absl::Status& failure) {
  const std::optional<Reason> reason = ReasonOf(failure);
  return !reason || InfoOf(*reason).owner == Owner::kRetried || *reason == Reason::kInternal;
}

}  // namespace

absl::StatusOr<v1::LoadPreview> PreviewLoad(postgres::Connection& connection,
                                            const v1::BeginLoadRequest& request) {
  v1::LoadPreview preview;
  *preview.mutable_table() = request.claim().target().table();
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  if (version != kStateVersion) {
    // Nothing is known, or will be known only when a load has brought the state forward.
    preview.set_mode(request.method() == v1::REPLICATION_METHOD_INCREMENTAL
                         ? v1::LOAD_MODE_FIRST
                         : v1::LOAD_MODE_REPLACE);
    return preview;
  }
  const postgres::Transaction transaction = postgres::Transaction::Begin(connection, kSnapshot);
  ASSIGN_OR_RETURN(const StreamState state, ReadStream(connection, request.claim().target()));
  v1::BeginLoadRequest asked = request;
  if (!asked.has_source()) asked.mutable_source()->set_database(state.source_database);
  const absl::StatusOr<LoadDecision> decision =
      DecideEditedLoad(connection, state, asked, ProgressEditOf(state, asked, asked.reset()));
  if (!decision.ok() && IsAboutTheCall(decision.status())) return decision.status();
  if (!decision.ok()) {
    const Explanation why = Explain(decision.status());
    preview.set_reason(why.reason);
    preview.set_message(why.message);
    preview.set_remedy(why.remedy);
    return preview;
  }
  const v1::LoadPlan& plan = decision->load.plan;
  preview.set_mode(plan.mode());
  *preview.mutable_changes() = plan.changes();
  preview.set_why_anew(plan.why_anew());
  return preview;
}

}  // namespace lockstitch::loader

#include "services/loader/progress_edit.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "postgres/sqlstate.h"
#include "schema/key_order.h"
#include "services/loader/destination/replication_key.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// The class of the SQLSTATEs that are about values.
constexpr absl::string_view kDataException = "22";

absl::Status Unfit(const std::string& bookmark, absl::string_view why) {
  return Error(Reason::kBookmarkUnfit,
               absl::StrCat("the bookmark can't be set to '", bookmark, "': ", why));
}

// The bookmark as the destination shows values of the key.
absl::StatusOr<std::string> ReadBookmark(postgres::Connection& connection, const v1::LoadPlan& plan,
                                         const std::string& bookmark) {
  const schema::KeyOrder key = ReplicationKeyOf(plan);
  const absl::StatusOr<postgres::Result> read = connection.Query(absl::StrCat(
      "SELECT given::pg_catalog.text, ", key.Of("given").IsFinite(connection.server_version()),
      " FROM (SELECT ", key.Constant(bookmark), " AS given) AS bookmark"));
  if (absl::StartsWith(postgres::SqlStateOf(read.status()), kDataException)) {
    return Unfit(bookmark, absl::StrCat("it is no value of the replication key ",
                                        plan.replication_key(), ": ", read.status().message()));
  }
  RETURN_IF_ERROR(read.status());
  if (!read->Bool(0, 1)) return Unfit(bookmark, "a bookmark is finite");
  return read->String(0, 0);
}

absl::StatusOr<LoadDecision> DecideFrom(const std::string& bookmark,
                                        postgres::Connection& connection, StreamState state,
                                        const v1::BeginLoadRequest& request) {
  if (!state.bookmark) {
    return Unfit(bookmark,
                 "the stream has none yet, because no load of it is through, or no row "
                 "had a replication key");
  }
  const std::string before = *std::exchange(state.bookmark, bookmark);
  ASSIGN_OR_RETURN(LoadDecision decision, DecideLoad(connection, state, request, /*reset=*/false));
  v1::LoadPlan& plan = decision.load.plan;
  if (plan.mode() != v1::LOAD_MODE_CHANGES) {
    return Unfit(bookmark, absl::StrCat("the whole table has to be read: ",
                                        plan.why_anew().empty() ? "the stream isn't INCREMENTAL"
                                                                : plan.why_anew()));
  }
  ASSIGN_OR_RETURN(*plan.mutable_lower_bound(), ReadBookmark(connection, plan, bookmark));
  plan.add_notes(absl::StrCat("the bookmark is set from ", before, " to ", plan.lower_bound()));
  return decision;
}

}  // namespace

ProgressEdit ProgressEditOf(const StreamState& state, const v1::BeginLoadRequest& request,
                            bool run_resets) {
  const bool raised = request.reset_generation() > state.reset_generation;
  if (run_resets || (raised && !request.settings().has_set_bookmark())) return ProgressEdit::kReset;
  return raised ? ProgressEdit::kSetBookmark : ProgressEdit::kNone;
}

absl::StatusOr<LoadDecision> DecideEditedLoad(postgres::Connection& connection,
                                              const StreamState& state,
                                              const v1::BeginLoadRequest& request,
                                              ProgressEdit edit) {
  if (edit == ProgressEdit::kSetBookmark)
    return DecideFrom(request.settings().set_bookmark(), connection, state, request);
  return DecideLoad(connection, state, request, edit == ProgressEdit::kReset);
}

absl::Status ApplyProgressEdit(postgres::Connection& connection, const StreamState& state,
                               const v1::BeginLoadRequest& request, ProgressEdit edit,
                               const v1::LoadPlan& plan) {
  const int64_t generation = std::max(state.reset_generation, request.reset_generation());
  if (edit == ProgressEdit::kReset) ForgetProgress(connection, state, generation);
  if (edit == ProgressEdit::kSetBookmark)
    return MoveBookmark(connection, state, plan.lower_bound(), generation);
  return absl::OkStatus();
}

}  // namespace lockstitch::loader

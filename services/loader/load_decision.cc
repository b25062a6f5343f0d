#include "services/loader/load_decision.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/destination_names.h"
#include "services/loader/destination/column_plan.h"
#include "services/loader/destination/column_transition.h"
#include "services/loader/destination/continuation.h"
#include "services/loader/destination/delete_plan.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/table_form.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;

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

// What a load of this request would be if there had been none before.
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
  if (request.has_settings()) *plan.mutable_settings() = request.settings();
  plan.set_source_oid(request.table().oid());
  plan.set_filter(request.filter());
  plan.set_duplicate_keys(request.duplicate_keys() && !load.key_columns.empty());
  plan.mutable_system()->set_columns(request.system_columns());
  *plan.mutable_system()->mutable_extracted_at() = request.extracted_at();
  return load;
}

// The wanted load with the columns that the transition gives it.
LoadRecord WithColumns(const LoadRecord& wanted, const ColumnTransition& transition,
                       const StreamDifference& difference) {
  LoadRecord load = wanted;
  load.plan = transition.plan;
  load.plan.mutable_changes()->MergeFrom(wanted.plan.changes());
  load.plan.mutable_changes()->Add(difference.changes.begin(), difference.changes.end());
  load.key_columns = transition.KeyColumns(wanted.key_columns);
  return load;
}

// What goes on with the destination table, or why nothing does.
struct Continued {
  std::optional<LoadDecision> decision;
  std::string why_anew;
  // Of what is no change of columns.
  std::vector<v1::SchemaChange> changes;
};

Continued Defect(const std::string& defect) {
  Continued continued = {.why_anew = defect};
  v1::SchemaChange& change = continued.changes.emplace_back();
  change.set_kind(v1::CHANGE_KIND_DESTINATION);
  change.set_effect(absl::StrCat("reads the whole table: ", defect));
  return continued;
}

// The rows that the last changes were, unless this load writes the same ones otherwise.
absl::Status SetUnchanged(Connection& connection, const StreamState& state, const LoadRecord& last,
                          const ColumnTransition& transition, LoadRecord* load) {
  const auto same = [](const auto& one, const auto& other) {
    return one.SerializeAsString() == other.SerializeAsString();
  };
  const v1::LoadPlan& plan = load->plan;
  if (!transition.actions.empty() || !plan.changes().empty() ||
      plan.duplicate_keys() != last.plan.duplicate_keys() ||
      !std::equal(plan.columns().begin(), plan.columns().end(), last.plan.columns().begin(),
                  last.plan.columns().end(), same))
    return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<v1::Extent> unchanged,
                   LastAppliedFromBookmark(connection, state));
  if (unchanged) *load->plan.mutable_unchanged() = *unchanged;
  return absl::OkStatus();
}

// Rows that were loaded before are to have what they lack.
std::string WhyReloaded(const v1::LoadPlan& wanted, const ColumnTransition& transition) {
  if (wanted.settings().backfill() != v1::BACKFILL_RELOAD || transition.without_values.empty())
    return "";
  return absl::StrCat("backfill is reload, and rows loaded before lack ",
                      absl::StrJoin(transition.without_values, ", "));
}

// What the rows of the last load lacked, those of this one do that aren't read again.
void AddIncomplete(const v1::LoadPlan& last, const ColumnTransition& transition,
                   v1::LoadPlan* plan) {
  std::set<std::string> incomplete(last.incomplete().begin(), last.incomplete().end());
  incomplete.insert(transition.without_values.begin(), transition.without_values.end());
  for (const v1::ColumnMapping& column : plan->columns())
    if (incomplete.count(column.source_column()) > 0) plan->add_incomplete(column.source_column());
}

absl::StatusOr<Continued> Continue(Connection& connection, const StreamState& state,
                                   const LoadRecord& last, const LoadRecord& wanted,
                                   const SourceColumns& source) {
  if (!state.bookmark) {
    const StreamDifference difference = CompareStreams(last, wanted);
    return Continued{
        .why_anew =
            difference.why_anew.empty()
                ? "there is no bookmark: the stream was reset, or no row had a replication key"
                : difference.why_anew,
        .changes = difference.changes};
  }
  RETURN_IF_ERROR(TestReplicationKey(last, wanted));
  // By its name: a table that was renamed or moved is gone as well.
  ASSIGN_OR_RETURN(const int64_t oid,
                   FindDestinationTable(connection, state, wanted.destination_table));
  ASSIGN_OR_RETURN(const TableForm form, ReadTableForm(connection, oid));
  if (const auto defect = DefectOf(form, last.plan, wanted.plan)) return Defect(*defect);
  ASSIGN_OR_RETURN(const ColumnTransition transition,
                   AlterColumns(last.plan, wanted.plan, form, source));
  LoadRecord load = WithColumns(wanted, transition, {});
  StreamDifference difference = CompareStreams(last, load);
  if (difference.why_anew.empty()) difference.why_anew = WhyReloaded(wanted.plan, transition);
  if (!difference.why_anew.empty())
    return Continued{.why_anew = difference.why_anew, .changes = difference.changes};
  if (!load.key_columns.empty()) {
    ASSIGN_OR_RETURN(const bool has_key, HasKey(connection, oid, load.key_columns));
    if (!has_key) return Defect("the destination table has lost its primary key");
  }
  load = WithColumns(wanted, transition, difference);
  load.plan.set_mode(v1::LOAD_MODE_CHANGES);
  AddIncomplete(last.plan, transition, &load.plan);
  load.plan.set_lower_bound(*state.bookmark);
  load.plan.mutable_system()->set_table_version(state.table_version);
  RETURN_IF_ERROR(SetUnchanged(connection, state, last, transition, &load));
  return Continued{.decision =
                       LoadDecision{.load = std::move(load), .actions = transition.actions}};
}

// A line for what no change tells.
void NoteWhy(const std::string& why, v1::LoadPlan* plan) {
  plan->set_why_anew(why);
  const std::string line = absl::StrCat("reads the whole table: ", why);
  const auto told = [&](const v1::SchemaChange& change) { return change.effect() == line; };
  if (std::none_of(plan->changes().begin(), plan->changes().end(), told)) plan->add_notes(line);
}

}  // namespace

absl::StatusOr<LoadDecision> DecideLoad(Connection& connection, const StreamState& state,
                                        const v1::BeginLoadRequest& request, bool reset) {
  if (!reset) RETURN_IF_ERROR(TestSource(connection, state, request.source()));
  ASSIGN_OR_RETURN(const std::optional<LoadRecord> last, LastStanding(connection, state));
  ASSIGN_OR_RETURN(LoadRecord wanted, Describe(connection, state, last, request));
  RETURN_IF_ERROR(FindDestinationTable(connection, state, wanted.destination_table).status());
  const SourceColumns source = SourceColumnsOf(request);
  const bool incremental = wanted.method == v1::REPLICATION_METHOD_INCREMENTAL;
  // A reset holds until a load has been published: its row knows no source until then.
  const bool forgotten = reset || state.source_database.empty();
  const LoadRecord* before = last && !forgotten ? &*last : nullptr;
  RETURN_IF_ERROR(PlanMarks(request, before == nullptr ? nullptr : &before->plan, &wanted));

  Continued continued;
  if (incremental && before != nullptr) {
    ASSIGN_OR_RETURN(continued, Continue(connection, state, *before, wanted, source));
    if (continued.decision) {
      RETURN_IF_ERROR(PlanComparison(connection, state, request, &continued.decision->load));
      return *std::move(continued.decision);
    }
  } else if (incremental && (reset || last)) {
    continued.why_anew = "the stream was reset";
  }
  ASSIGN_OR_RETURN(const ColumnTransition transition,
                   RemakeColumns(before == nullptr ? nullptr : &before->plan, wanted.plan, source));
  LoadDecision decision = {.load = WithColumns(wanted, transition, {.changes = continued.changes})};
  v1::LoadPlan& plan = decision.load.plan;
  plan.mutable_system()->set_table_version(state.table_version + 1);
  if (!incremental) {
    plan.set_mode(v1::LOAD_MODE_REPLACE);
    if (before == nullptr) return decision;
    const StreamDifference difference = CompareStreams(*before, decision.load);
    plan.mutable_changes()->Add(difference.changes.begin(), difference.changes.end());
    return decision;
  }
  plan.set_mode(v1::LOAD_MODE_FIRST);
  if (!reset) {
    ASSIGN_OR_RETURN(Unfinished unfinished, FindUnfinished(connection, state, decision.load));
    if (unfinished.load) return LoadDecision{.load = *std::move(unfinished.load), .resumes = true};
    if (!unfinished.obstacle.empty())
      plan.add_notes(absl::StrCat("begins the first load anew: ", unfinished.obstacle));
  }
  if (!continued.why_anew.empty()) NoteWhy(continued.why_anew, &plan);
  return decision;
}

}  // namespace lockstitch::loader

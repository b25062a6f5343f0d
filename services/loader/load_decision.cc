#include "services/loader/load_decision.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/destination_names.h"
#include "services/loader/destination/column_plan.h"
#include "services/loader/destination/column_transition.h"
#include "services/loader/destination/continuation.h"
#include "services/loader/destination/delete_plan.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/merge.h"
#include "services/loader/destination/obstacles.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/replaced_columns.h"
#include "services/loader/destination/retired_values.h"
#include "services/loader/destination/table_form.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;

// The destination has rows of both `last` and the last finished load, which may be an earlier one.
absl::Status TestSource(const StreamState& state, const std::optional<LoadRecord>& last,
                        const v1::SourceIdentity& source) {
  // So it is after a reset, until a load has been published.
  if (state.source_database.empty()) return absl::OkStatus();
  const bool other = (!state.source_system.empty() && !source.system_identifier().empty() &&
                      state.source_system != source.system_identifier()) ||
                     state.source_database != source.database();
  if (other) {
    return Error(Reason::kSourceChanged,
                 absl::StrCat("the last load of this stream read database ", state.source_database,
                              " of system ", state.source_system, ", now it is ", source.database(),
                              " of system ", source.system_identifier()));
  }
  const auto test = [&](const std::string& position) -> absl::Status {
    ASSIGN_OR_RETURN(const bool behind, IsBehind(source.wal_position(), position));
    if (!behind) return absl::OkStatus();
    return Error(Reason::kSourceChanged,
                 absl::StrCat("the source is at ", source.wal_position(), ", before ", position,
                              " which the last load of this stream has read: it was restored, or "
                              "is a standby behind"));
  };
  RETURN_IF_ERROR(test(state.source_position));
  if (!last || last->source.wal_position() == state.source_position) return absl::OkStatus();
  return test(last->source.wal_position());
}

// A reset that was applied is no news to the load that applied it, nor to those that come after it
// with the same number.
bool ComesToNothing(int64_t generation, const StreamState& state,
                    const std::optional<LoadRecord>& last) {
  if (generation == 0 || generation > state.reset_generation) return false;
  if (generation < state.reset_generation) return true;
  return last && !state.source_database.empty() && last->plan.has_settings() &&
         last->plan.settings().reset() < generation;
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
  if (ComesToNothing(request.reset_generation(), state, last)) {
    plan.add_notes(absl::StrCat("reset ", request.reset_generation(), " comes to nothing, since ",
                                state.reset_generation,
                                " was applied already: raise it above that to load anew"));
  }
  if (request.has_settings()) *plan.mutable_settings() = request.settings();
  plan.set_new_columns(request.new_columns() == v1::NEW_POLICY_IGNORE ? v1::NEW_POLICY_IGNORE
                                                                      : v1::NEW_POLICY_INCLUDE);
  plan.set_source_oid(request.table().oid());
  plan.set_filter(request.filter());
  plan.set_duplicate_keys(request.duplicate_keys() && !load.key_columns.empty());
  plan.mutable_system()->set_columns(request.system_columns());
  *plan.mutable_system()->mutable_extracted_at() = request.extracted_at();
  return load;
}

void AddChanges(const std::vector<v1::SchemaChange>& changes, v1::LoadPlan* plan) {
  plan->mutable_changes()->Add(changes.begin(), changes.end());
}

// The wanted load with the columns that the transition gives it.
LoadRecord WithColumns(const LoadRecord& wanted, const ColumnTransition& transition) {
  LoadRecord load = wanted;
  load.plan = transition.plan;
  load.plan.clear_changes();
  AddChanges(transition.changes, &load.plan);
  load.plan.mutable_changes()->MergeFrom(wanted.plan.changes());
  load.key_columns = transition.KeyColumns(wanted.key_columns);
  return load;
}

// The loads that this one comes after.
struct Before {
  LoadRecord standing;   // What the destination table's columns are.
  LoadRecord published;  // What its rows were last read by to the end. Maybe the same.
};

// Of both loads: the later one may have written rows, and moved the bookmark, before it failed.
StreamDifference CompareWith(const Before& before, const LoadRecord& wanted) {
  StreamDifference difference = CompareStreams(before.published, wanted);
  if (!difference.why_anew.empty()) return difference;
  StreamDifference since = CompareStreams(before.standing, wanted);
  return since.why_anew.empty() && !difference.changes.empty() ? difference : since;
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
  std::optional<std::string> horizon;
  if (plan.has_horizon()) horizon = plan.horizon();
  ASSIGN_OR_RETURN(const std::optional<AppliedRows> unchanged,
                   LastAppliedFromBookmark(connection, state, last, horizon));
  if (!unchanged) return absl::OkStatus();
  *load->plan.mutable_unchanged() = unchanged->extent;
  if (unchanged->last_key) load->plan.set_unchanged_last_key(*unchanged->last_key);
  return absl::OkStatus();
}

// Rows that were loaded before are to have what they lack.
std::string WhyReloaded(const v1::LoadPlan& plan) {
  if (plan.settings().backfill() != v1::BACKFILL_RELOAD || plan.incomplete().empty()) return "";
  return absl::StrCat("backfill is reload, and rows loaded before lack ",
                      absl::StrJoin(plan.incomplete(), ", "));
}

// What the rows of the last load lacked, those of this one do that aren't read again.
void AddIncomplete(const v1::LoadPlan& last, const ColumnTransition& transition,
                   v1::LoadPlan* plan) {
  std::set<std::string> incomplete(last.incomplete().begin(), last.incomplete().end());
  incomplete.insert(transition.without_values.begin(), transition.without_values.end());
  for (const v1::ColumnMapping& column : plan->columns())
    if (incomplete.count(column.source_column()) > 0) plan->add_incomplete(column.source_column());
}

// Whether the table will have rows that the plan's filter leaves out.
bool KeepsFiltered(const Before& before, const v1::LoadPlan& plan) {
  return before.standing.plan.keeps_filtered() || before.standing.plan.filter() != plan.filter() ||
         before.published.plan.filter() != plan.filter();
}

// What rows of a table without a key lose when they are written again.
void NoteReinsertion(const TableForm& form, const v1::LoadPlan& last, v1::LoadPlan* plan) {
  const std::vector<std::string> ours = ColumnsOf(last), loaded = ColumnsOf(*plan);
  std::vector<std::string> columns;
  for (const v1::RetiredColumn& column : plan->retired())
    if (!column.empty()) columns.push_back(column.destination_column());
  for (const TableForm::Column& column : form.columns) {
    if (std::count(ours.begin(), ours.end(), column.name) == 0 &&
        std::count(loaded.begin(), loaded.end(), column.name) == 0)
      columns.push_back(column.name);
  }
  if (columns.empty()) return;
  plan->add_notes(absl::StrCat(
      "rows at or past the bookmark have no key to find them by: whenever one of them "
      "is new or has changed, all of them are deleted and inserted again, without what "
      "these columns of the destination hold there: ",
      absl::StrJoin(columns, ", ")));
}

// Whether the load's extraction has come to read: it has told then what the plan says of changes.
absl::StatusOr<bool> WasOpened(Connection& connection, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const std::vector<RangeRecord> ranges, ReadRanges(connection, load));
  return std::any_of(ranges.begin(), ranges.end(),
                     [](const RangeRecord& range) { return range.attempt > 0; });
}

// What an earlier run has altered the table for, and died before it could tell.
absl::Status AddUntold(Connection& connection, const Before& before, v1::LoadPlan* plan) {
  if (before.standing.load_id == before.published.load_id) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool told, WasOpened(connection, before.standing));
  if (told) return absl::OkStatus();
  for (const v1::SchemaChange& change : before.standing.plan.changes()) {
    const auto same = [&](const auto& other) { return other.effect() == change.effect(); };
    if (std::none_of(plan->changes().begin(), plan->changes().end(), same))
      *plan->add_changes() = change;
  }
  return absl::OkStatus();
}

// `oid` is the destination table's, found by its name: one that was renamed or moved is gone as
// well.
absl::StatusOr<Continued> Continue(Connection& connection, const StreamState& state,
                                   const Before& before, const LoadRecord& wanted, int64_t oid,
                                   const SourceColumns& source) {
  const LoadRecord& last = before.standing;
  if (!state.bookmark) {
    const StreamDifference difference = CompareWith(before, wanted);
    return Continued{
        .why_anew =
            difference.why_anew.empty()
                ? "there is no bookmark: the stream was reset, or no row had a replication key"
                : difference.why_anew,
        .changes = difference.changes};
  }
  RETURN_IF_ERROR(TestReplicationKey(last, wanted));
  ASSIGN_OR_RETURN(const TableForm form, ReadTableForm(connection, oid));
  if (const auto defect = DefectOf(form, last.plan, wanted.plan)) return Defect(*defect);
  ASSIGN_OR_RETURN(ColumnTransition transition, AlterColumns(last.plan, wanted.plan, form, source));
  LoadRecord load = WithColumns(wanted, transition);
  const std::vector<v1::SchemaChange> replaced = ReplacedColumns(last.plan, load.plan);
  for (const v1::SchemaChange& change : replaced)
    transition.without_values.push_back(change.column());
  AddIncomplete(last.plan, transition, &load.plan);
  StreamDifference difference = CompareWith(before, load);
  if (difference.why_anew.empty()) {
    difference.changes.insert(difference.changes.end(), replaced.begin(), replaced.end());
    difference.why_anew = WhyReloaded(load.plan);
  }
  if (!difference.why_anew.empty())
    return Continued{.why_anew = difference.why_anew, .changes = difference.changes};
  if (!load.key_columns.empty() && !form.HasKey(load.key_columns))
    return Defect("the destination table has lost its primary key");
  if (load.key_columns.empty()) NoteReinsertion(form, last.plan, &load.plan);
  AddChanges(difference.changes, &load.plan);
  RETURN_IF_ERROR(AddUntold(connection, before, &load.plan));
  load.plan.set_mode(v1::LOAD_MODE_CHANGES);
  load.plan.set_keeps_filtered(KeepsFiltered(before, load.plan));
  load.plan.set_lower_bound(*state.bookmark);
  load.plan.mutable_system()->set_table_version(state.table_version);
  RETURN_IF_ERROR(SetUnchanged(connection, state, last, transition, &load));
  return Continued{.decision =
                       LoadDecision{.load = std::move(load), .actions = transition.actions}};
}

// What the load's changes come to if its rows have to be merged into the table; nullopt where the
// load's own may take its place. The user shall not learn it when everything is loaded if there is
// no room for its columns.
absl::StatusOr<std::optional<std::vector<v1::SchemaChange>>> MergeChanges(
    Connection& connection, int64_t oid, const std::optional<LoadRecord>& last,
    const LoadRecord& load) {
  if (oid == 0 || !last) return std::nullopt;
  ASSIGN_OR_RETURN(const std::vector<std::string> obstacles, FindObstacles(connection, oid, *last));
  if (obstacles.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(std::vector<v1::SchemaChange> changes,
                   ForeseeMerge(connection, load, *last, oid));
  return changes;
}

// A line for what no change tells.
void NoteWhy(const std::string& why, v1::LoadPlan* plan) {
  plan->set_why_anew(why);
  const std::string line = absl::StrCat("reads the whole table: ", why);
  const auto told = [&](const v1::SchemaChange& change) { return change.effect() == line; };
  if (std::none_of(plan->changes().begin(), plan->changes().end(), told)) plan->add_notes(line);
}

// Another run has told what had changed when it began the load, unless it died before. From here on
// it is this one's.
absl::StatusOr<LoadDecision> Resumed(Connection& connection, LoadRecord load,
                                     const LoadRecord& wanted) {
  ASSIGN_OR_RETURN(const bool told, WasOpened(connection, load));
  if (told && load.run_id != wanted.run_id) load.plan.clear_changes();
  if (wanted.plan.has_settings()) *load.plan.mutable_settings() = wanted.plan.settings();
  *load.plan.mutable_system()->mutable_extracted_at() = wanted.plan.system().extracted_at();
  return LoadDecision{.load = std::move(load), .resumes = true};
}

// nullopt if there was none, or it is to be forgotten.
std::optional<Before> LoadsBefore(const StreamState& state, const LastLoads& last, bool reset) {
  // A reset holds until a load has been published: its row knows no source until then.
  if (!last.standing || reset || state.source_database.empty()) return std::nullopt;
  return Before{.standing = *last.standing, .published = last.published.value_or(*last.standing)};
}

}  // namespace

absl::StatusOr<LoadDecision> DecideLoad(Connection& connection, const StreamState& state,
                                        const v1::BeginLoadRequest& request, bool reset) {
  ASSIGN_OR_RETURN(const LastLoads last, ReadLastLoads(connection, state));
  if (!reset) RETURN_IF_ERROR(TestSource(state, last.standing, request.source()));
  ASSIGN_OR_RETURN(LoadRecord wanted, Describe(connection, state, last.standing, request));
  ASSIGN_OR_RETURN(const int64_t oid,
                   FindDestinationTable(connection, state, wanted.destination_table));
  const SourceColumns source = SourceColumnsOf(request);
  const bool incremental = wanted.method == v1::REPLICATION_METHOD_INCREMENTAL;
  const std::optional<Before> before = LoadsBefore(state, last, reset);
  const v1::LoadPlan* standing = before ? &before->standing.plan : nullptr;
  RETURN_IF_ERROR(PlanMarks(request, standing, &wanted));

  Continued continued;
  if (incremental && before) {
    ASSIGN_OR_RETURN(continued, Continue(connection, state, *before, wanted, oid, source));
    if (continued.decision) {
      RETURN_IF_ERROR(PlanComparison(connection, state, request, &continued.decision->load));
      return *std::move(continued.decision);
    }
  } else if (incremental && (reset || last.standing)) {
    continued.why_anew = "the stream was reset";
  }
  if (incremental && before) wanted.plan.set_keeps_retired(HasSameKey(before->standing, wanted));
  ASSIGN_OR_RETURN(const ColumnTransition transition, RemakeColumns(standing, wanted.plan, source));
  LoadDecision decision = {.load = WithColumns(wanted, transition)};
  ASSIGN_OR_RETURN(const std::optional<std::vector<v1::SchemaChange>> merged,
                   MergeChanges(connection, oid, last.standing, decision.load));
  if (merged && before && !transition.changes.empty()) {
    decision.load.plan.clear_changes();
    AddChanges(*merged, &decision.load.plan);
  }
  v1::LoadPlan& plan = decision.load.plan;
  AddChanges(continued.changes, &plan);
  plan.mutable_system()->set_table_version(state.table_version + 1);
  if (!incremental) {
    plan.set_mode(v1::LOAD_MODE_REPLACE);
    if (!before) return decision;
    AddChanges(CompareWith(*before, decision.load).changes, &plan);
    return decision;
  }
  plan.set_mode(v1::LOAD_MODE_FIRST);
  if (!reset) {
    ASSIGN_OR_RETURN(Unfinished unfinished, FindUnfinished(connection, state, decision.load));
    if (unfinished.load) return Resumed(connection, *std::move(unfinished.load), wanted);
    if (!unfinished.obstacle.empty())
      plan.add_notes(absl::StrCat("begins the first load anew: ", unfinished.obstacle));
  }
  if (!continued.why_anew.empty()) NoteWhy(continued.why_anew, &plan);
  return decision;
}

}  // namespace lockstitch::loader

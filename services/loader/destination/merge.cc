#include "services/loader/destination/merge.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lockstitch/v1/change.pb.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "services/loader/destination/column_transition.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/obstacles.h"
#include "services/loader/destination/row_match.h"
#include "services/loader/destination/table_form.h"
#include "services/loader/destination/table_statements.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::QuoteIdentifier;

constexpr absl::string_view kLockTimeout = "SET LOCAL lock_timeout = '1s'";

// $1 the table's OID, $2 columns that the load writes.
constexpr absl::string_view kOtherColumns =
    "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT "
    "attisdropped AND attname <> ALL ($2::text[]) ORDER BY attnum";

// $1 the table's OID, $2 the load's key, $3 the last load's: how the table tells rows apart.
constexpr absl::string_view kKeys = R"sql(
SELECT name, is_primary, columns = $2::text[] AND NOT waits, columns = $3::text[]
FROM (SELECT c.conname AS name, c.contype = 'p' AS is_primary, c.condeferrable AS waits,
             ARRAY(SELECT a.attname::text
                   FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
                   ORDER BY k.place) AS columns
      FROM pg_catalog.pg_constraint c WHERE c.conrelid = $1::oid AND c.contype IN ('p', 'u')) keys)sql";

// A destination column, and what stands in it for a row of the load table, called new.
struct Value {
  std::string column;
  std::string sql;
};

class Merger {
 public:
  Merger(Connection& connection, const StreamState& state, const LoadRecord& load,
         const LoadRecord& last, int64_t oid, const ColumnTransition& transition)
      : connection_(connection),
        load_(load),
        last_(last),
        transition_(transition),
        key_(transition.KeyColumns(load.key_columns)),
        oid_(oid),
        table_(postgres::QuoteQualified(state.schema, load.destination_table)),
        load_table_(QuotedLoadTable(load)) {
    for (const v1::ColumnMapping& column : load.plan.columns()) Take(column.destination_column());
    loaded_ = values_.size();
    for (const schema::SystemColumn& column : schema::SystemColumnsOf(load.plan.system().columns()))
      Take(std::string(column.name));
    for (Value& value : values_) {
      // The table stays the one that it was.
      if (value.column == "_sdc_table_version") value.sql = absl::StrCat(state.table_version);
    }
    std::set<std::string> taken;
    for (const Value& value : values_) taken.insert(value.column);
    for (const v1::RetiredColumn& column : transition.plan.retired())
      if (!column.empty()) taken.insert(column.destination_column());
    for (const std::string& column : ColumnsOf(transition.plan))
      if (taken.insert(column).second) values_.push_back({column, "NULL"});
  }

  absl::StatusOr<std::string> Run() {
    RETURN_IF_ERROR(TestStatements(connection_, oid_, table_));
    RETURN_IF_ERROR(LockLoadTable(connection_, load_));
    RETURN_IF_ERROR(connection_.Execute(kLockTimeout));
    ASSIGN_OR_RETURN(const bool keyed, FindKeys());
    absl::StatusOr<std::string> done = keyed ? ByKey() : AllRows();
    RETURN_IF_ERROR(ExplainStatement(done.status()));
    RETURN_IF_ERROR(connection_.Execute(absl::StrCat("DROP TABLE ", load_table_)));
    return done;
  }

 private:
  // The destination column of one of the load table's.
  const std::string& NameOf(const std::string& column) const {
    const auto found = transition_.names.find(column);
    return found == transition_.names.end() ? column : found->second;
  }

  void Take(const std::string& column) {
    values_.push_back({NameOf(column), absl::StrCat("new.", QuoteIdentifier(column))});
  }

  // Whether rows can be told apart by the load's key; the key to drop, if there is one, is noted.
  absl::StatusOr<bool> FindKeys() {
    ASSIGN_OR_RETURN(const postgres::Result keys,
                     connection_.Query(kKeys, {absl::StrCat(oid_), postgres::ArrayText(key_),
                                               postgres::ArrayText(last_.key_columns)}));
    for (int row = 0; row < keys.rows(); ++row)
      if (keys.Bool(row, 2)) return true;
    for (int row = 0; row < keys.rows(); ++row) {
      if (!keys.Bool(row, 1)) continue;
      if (keys.Bool(row, 3)) {
        old_key_ = keys.String(row, 0);
      } else if (!key_.empty()) {
        return Error(Reason::kDestinationTableInUse,
                     absl::StrCat("primary key ", keys.Text(row, 0), " of ", table_,
                                  " is not the one that loads have made"),
                     "Drop the key, or make a unique index instead.");
      }
    }
    return false;
  }

  absl::StatusOr<std::string> ByKey() {
    ASSIGN_OR_RETURN(const std::string matches, RowMatch(connection_, load_, transition_.names));
    ASSIGN_OR_RETURN(
        const int64_t deleted,
        Change(absl::StrCat("DELETE FROM ONLY ", table_, " AS old WHERE NOT EXISTS ",
                            "(SELECT FROM ", load_table_, " AS new WHERE ", matches, ")")));
    ASSIGN_OR_RETURN(
        const int64_t updated,
        Change(absl::StrCat("UPDATE ONLY ", table_, " AS old SET ", Assignments(), " FROM ",
                            load_table_, " AS new WHERE ", matches, " AND (", Differs(), ")")));
    ASSIGN_OR_RETURN(const int64_t inserted,
                     Change(absl::StrCat(Insert(), " WHERE NOT EXISTS (SELECT FROM ONLY ", table_,
                                         " AS old WHERE ", matches, ")")));
    RETURN_IF_ERROR(TestDeferredConstraints(connection_));
    return absl::StrCat(deleted, " rows deleted, ", updated, " updated, ", inserted, " inserted");
  }

  absl::StatusOr<std::string> AllRows() {
    RETURN_IF_ERROR(TestReinsertion(connection_, oid_, table_));
    if (!old_key_.empty()) RETURN_IF_ERROR(DropKey());
    ASSIGN_OR_RETURN(const int64_t deleted, Change(absl::StrCat("DELETE FROM ONLY ", table_)));
    ASSIGN_OR_RETURN(const int64_t inserted, Change(Insert()));
    RETURN_IF_ERROR(TestDeferredConstraints(connection_));
    if (!key_.empty()) {
      RETURN_IF_ERROR(connection_.Execute(
          absl::StrCat("ALTER TABLE ONLY ", table_, " ADD PRIMARY KEY (", Quoted(key_), ")")));
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> others, OtherColumns());
    return absl::StrCat(
        deleted, " rows deleted, ", inserted, " inserted",
        others.empty() ? "" : "; rows can't be told apart without a key that stays: ",
        others.empty() ? "" : "values are gone from ", Quoted(others));
  }

  // With the old key its columns lose what it had made of them.
  absl::Status DropKey() {
    RETURN_IF_ERROR(connection_.Execute(
        absl::StrCat("ALTER TABLE ONLY ", table_, " DROP CONSTRAINT ", QuoteIdentifier(old_key_))));
    for (const std::string& column : last_.key_columns) {
      if (std::count(key_.begin(), key_.end(), column) > 0) continue;
      RETURN_IF_ERROR(
          connection_.Execute(absl::StrCat("ALTER TABLE ONLY ", table_, " ALTER COLUMN ",
                                           QuoteIdentifier(column), " DROP NOT NULL")));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Change(const std::string& statement) {
    ASSIGN_OR_RETURN(const postgres::Result changed, connection_.Query(statement));
    return changed.affected();
  }

  // SQL: whether old's row isn't what it is to be. By their images: equality lets 1.0 stand for
  // 1.00, and json has none. A row that was marked as deleted is back.
  std::string Differs() const {
    std::vector<std::string> old, now;
    for (size_t i = 0; i < loaded_; ++i) {
      old.push_back(absl::StrCat("old.", QuoteIdentifier(values_[i].column)));
      now.push_back(values_[i].sql);
    }
    return absl::StrCat("ROW(", absl::StrJoin(old, ", "), ")::record OPERATOR(pg_catalog.*<>) ROW(",
                        absl::StrJoin(now, ", "), ")::record",
                        last_.plan.marks_deletes()
                            ? absl::StrCat(" OR old.", schema::kDeletedAtColumn, " IS NOT NULL")
                            : "");
  }

  std::string Assignments() const {
    return absl::StrJoin(values_, ", ", [](std::string* out, const Value& value) {
      absl::StrAppend(out, QuoteIdentifier(value.column), " = ", value.sql);
    });
  }

  std::string Insert() const {
    std::vector<std::string> columns, now;
    for (const Value& value : values_) {
      columns.push_back(value.column);
      now.push_back(value.sql);
    }
    return absl::StrCat("INSERT INTO ", table_, " (", Quoted(columns), ") SELECT ",
                        absl::StrJoin(now, ", "), " FROM ", load_table_, " AS new");
  }

  // Users', and those that keep what they hold where rows stay.
  absl::StatusOr<std::vector<std::string>> OtherColumns() {
    std::vector<std::string> written;
    for (const Value& value : values_) written.push_back(value.column);
    ASSIGN_OR_RETURN(
        const postgres::Result found,
        connection_.Query(kOtherColumns, {absl::StrCat(oid_), postgres::ArrayText(written)}));
    std::vector<std::string> columns;
    for (int row = 0; row < found.rows(); ++row) columns.push_back(found.String(row, 0));
    return columns;
  }

  static std::string Quoted(const std::vector<std::string>& columns) {
    return absl::StrJoin(columns, ", ", [](std::string* out, const std::string& column) {
      out->append(QuoteIdentifier(column));
    });
  }

  Connection& connection_;
  const LoadRecord& load_;
  const LoadRecord& last_;
  const ColumnTransition& transition_;
  const std::vector<std::string> key_;  // As the destination table has it.
  const int64_t oid_;
  const std::string table_;
  const std::string load_table_;
  std::vector<Value> values_;  // Of loaded columns first.
  size_t loaded_ = 0;
  std::string old_key_;  // A constraint's name.
};

// The plan that the table is kept with once it has these columns besides. Users may have dropped
// them before.
v1::LoadPlan WithAwaited(const v1::LoadPlan& last, const std::vector<v1::RetiredColumn>& added) {
  v1::LoadPlan plan = last;
  for (v1::RetiredColumn column : added) {
    const auto same = [&](const auto& other) {
      return other.destination_column() == column.destination_column();
    };
    plan.mutable_columns()->erase(
        std::remove_if(plan.mutable_columns()->begin(), plan.mutable_columns()->end(), same),
        plan.mutable_columns()->end());
    plan.mutable_retired()->erase(
        std::remove_if(plan.mutable_retired()->begin(), plan.mutable_retired()->end(), same),
        plan.mutable_retired()->end());
    column.set_awaited(true);
    column.set_empty(true);
    *plan.add_retired() = std::move(column);
  }
  return plan;
}

bool TellsOf(const v1::LoadPlan& plan, const std::string& effect) {
  return std::any_of(plan.changes().begin(), plan.changes().end(),
                     [&](const v1::SchemaChange& change) { return change.effect() == effect; });
}

bool TellsOfAdding(const v1::LoadPlan& plan, const std::string& column) {
  return std::any_of(
      plan.changes().begin(), plan.changes().end(), [&](const v1::SchemaChange& change) {
        return change.kind() == v1::CHANGE_KIND_COLUMN_ADDED && change.column() == column;
      });
}

// Of what a transition tells.
bool IsAboutColumns(const v1::SchemaChange& change) {
  switch (change.kind()) {
    case v1::CHANGE_KIND_COLUMN_ADDED:
    case v1::CHANGE_KIND_COLUMN_RETIRED:
    case v1::CHANGE_KIND_COLUMN_WIDENED:
    case v1::CHANGE_KIND_COLUMN_SPLIT:
    case v1::CHANGE_KIND_COLUMN_RETYPED:
    case v1::CHANGE_KIND_SYSTEM_COLUMNS:
      return true;
    default:
      return false;
  }
}

// What the transition does in the place of what the plan would have done to a table made anew.
std::vector<v1::SchemaChange> ChangesOf(const ColumnTransition& transition,
                                        const v1::LoadPlan& plan) {
  std::vector<v1::SchemaChange> changes;
  for (const v1::SchemaChange& change : transition.changes) {
    // Of this table users have dropped it.
    const bool again =
        change.kind() == v1::CHANGE_KIND_COLUMN_ADDED && !TellsOfAdding(plan, change.column());
    if (IsAboutColumns(change) && !again) changes.push_back(change);
  }
  for (const v1::SchemaChange& change : plan.changes())
    if (!IsAboutColumns(change)) changes.push_back(change);
  return changes;
}

}  // namespace

absl::StatusOr<std::vector<v1::SchemaChange>> ForeseeMerge(Connection& connection,
                                                           const LoadRecord& load,
                                                           const LoadRecord& last, int64_t oid) {
  ASSIGN_OR_RETURN(const TableForm form, ReadTableForm(connection, oid));
  ASSIGN_OR_RETURN(const ColumnTransition transition, MergeColumns(last.plan, load.plan, form));
  return ChangesOf(transition, load.plan);
}

absl::Status AlterForMerge(Connection& connection, const StreamState& state, const LoadRecord& load,
                           const LoadRecord& last, int64_t oid) {
  ASSIGN_OR_RETURN(const TableForm form, ReadTableForm(connection, oid));
  ASSIGN_OR_RETURN(const ColumnTransition transition, MergeColumns(last.plan, load.plan, form));
  if (transition.actions.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(AlterTable(connection, state, load.destination_table, transition.actions));
  LoadRecord altered = last;
  altered.plan = WithAwaited(last.plan, transition.added);
  return StorePlan(connection, altered);
}

absl::StatusOr<Merged> Merge(Connection& connection, const StreamState& state,
                             const LoadRecord& load, const LoadRecord& last, int64_t oid) {
  ASSIGN_OR_RETURN(const TableForm form, ReadTableForm(connection, oid));
  ASSIGN_OR_RETURN(const ColumnTransition transition, MergeColumns(last.plan, load.plan, form));
  RETURN_IF_ERROR(AlterTable(connection, state, load.destination_table, transition.actions));
  Merged merged = {.changes = ChangesOf(transition, load.plan)};
  ASSIGN_OR_RETURN(merged.rows, Merger(connection, state, load, last, oid, transition).Run());
  LoadRecord kept = load;
  kept.plan = transition.plan;
  kept.key_columns = transition.KeyColumns(load.key_columns);
  kept.plan.mutable_system()->set_table_version(state.table_version);
  RETURN_IF_ERROR(StorePlan(connection, kept));
  for (const v1::SchemaChange& change : merged.changes)
    if (!TellsOf(load.plan, change.effect())) merged.notes.push_back(change.effect());
  for (const v1::SchemaChange& change : transition.changes) {
    if (change.kind() == v1::CHANGE_KIND_COLUMN_ADDED && !TellsOfAdding(load.plan, change.column()))
      merged.notes.push_back(
          absl::StrCat("column ", change.destination_column(),
                       " was not in the destination table any more: it was added again, with the "
                       "values of all rows"));
  }
  return merged;
}

}  // namespace lockstitch::loader

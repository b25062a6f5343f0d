#include "services/loader/destination/column_transition.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "schema/widening.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using schema::kDeletedAtColumn;

constexpr absl::string_view kDeletedAtType = "timestamp with time zone";

// What becomes of the rows that were loaded before.
enum class Rows { kStay, kReadAgain };

// `table` is set if the table stays.
class Transition {
 public:
  Transition(const v1::LoadPlan* last, const v1::LoadPlan& wanted, const TableForm* table,
             const SourceColumns& source, Rows rows)
      : wanted_(wanted), table_(table), source_(source), rows_(rows), known_(last != nullptr) {
    result_.plan = wanted;
    result_.plan.clear_retired();
    if (table != nullptr) {
      for (const TableForm::Column& column : table->columns) taken_.insert(column.name);
    }
    if (last == nullptr) return;
    last_ = *last;
    for (const v1::ColumnMapping& column : last_.columns())
      loaded_[column.source_column()] = &column;
    // What users have dropped is no more, and what they have altered is as they left it.
    for (const v1::RetiredColumn& column : last_.retired()) {
      // Nothing was ever in it: a new table can do without.
      if (!stays() && column.awaited()) continue;
      const std::optional<std::string> type =
          TypeNow(column.destination_column(), column.destination_type());
      if (!type) continue;
      Retire(column.destination_column(), *type, column.empty());
      retired_.back().set_awaited(column.awaited());
    }
  }

  absl::StatusOr<ColumnTransition> Run() && {
    for (const v1::ColumnMapping& column : wanted_.columns())
      reserved_.insert(column.destination_column());
    std::vector<int> others;
    for (int i = 0; i < wanted_.columns_size(); ++i) {
      if (!Keep(i)) others.push_back(i);
    }
    RetireTheRest();
    for (const int i : others) Place(i);
    Switch();
    for (int i = 0; i < wanted_.columns_size(); ++i) Describe(i);
    for (const v1::ColumnMapping& column : last_.columns()) DescribeLoss(column);
    if (rows_ == Rows::kReadAgain) EmptyRetired();
    for (const v1::RetiredColumn& column : retired_) *result_.plan.add_retired() = column;
    RETURN_IF_ERROR(TestNumber());
    return std::move(result_);
  }

 private:
  bool stays() const { return table_ != nullptr; }
  bool rows_stay() const { return rows_ == Rows::kStay; }

  // nullopt if users have dropped the column.
  std::optional<std::string> TypeNow(const std::string& name, const std::string& type) const {
    if (!stays()) return type;
    const TableForm::Column* column = table_->Find(name);
    if (column == nullptr) return std::nullopt;
    return column->type;
  }

  void Retire(const std::string& name, const std::string& type, bool empty = false) {
    v1::RetiredColumn& column = retired_.emplace_back();
    column.set_destination_column(name);
    column.set_destination_type(type);
    column.set_empty(empty);
  }

  // Whether there was a retired column of that name and type, which isn't any more.
  bool TakeUp(const std::string& name, const std::string& type) {
    const auto found = std::find_if(retired_.begin(), retired_.end(), [&](const auto& column) {
      return column.destination_column() == name && column.destination_type() == type;
    });
    if (found == retired_.end()) return false;
    if (!found->awaited()) taken_up_.insert(name);
    retired_.erase(found);
    return true;
  }

  void Name(int i, const std::string& name) {
    result_.names[wanted_.columns(i).destination_column()] = name;
    result_.plan.mutable_columns(i)->set_destination_column(name);
    taken_.insert(name);
    in_use_.insert(name);
  }

  const v1::ColumnMapping* LastOf(const v1::ColumnMapping& column) const {
    const auto found = loaded_.find(column.source_column());
    return found == loaded_.end() ? nullptr : found->second;
  }

  // Whether the column goes on in the destination column that it had.
  bool Keep(int i) {
    const v1::ColumnMapping& column = wanted_.columns(i);
    const v1::ColumnMapping* last = LastOf(column);
    if (last == nullptr) return false;
    const std::string& name = last->destination_column();
    if (last->destination_type() != column.destination_type()) {
      if (!schema::IsWidening(last->destination_type(), column.destination_type())) return false;
      const TableForm::Column* now = stays() ? table_->Find(name) : nullptr;
      const bool is_so = now != nullptr && now->type == column.destination_type();
      if (now != nullptr && now->fixed && !is_so) return false;
      if (stays() && !is_so) {
        result_.actions.push_back(absl::StrCat("ALTER COLUMN ", QuoteIdentifier(name), " TYPE ",
                                               column.destination_type()));
      }
    }
    Name(i, name);
    return true;
  }

  void RetireTheRest() {
    for (const v1::ColumnMapping& column : last_.columns()) {
      const std::string& name = column.destination_column();
      const std::optional<std::string> type = TypeNow(name, column.destination_type());
      if (in_use_.count(name) == 0 && type) Retire(name, *type);
    }
  }

  // Whether the source column that it is named for goes on in another one, where all rows that are
  // read again have their values.
  bool IsTakenOver(const v1::RetiredColumn& column) const {
    const std::string& name = column.destination_column();
    const std::string& type = column.destination_type();
    return std::any_of(wanted_.columns().begin(), wanted_.columns().end(), [&](const auto& other) {
      const std::string& natural = other.destination_column();
      const std::string split = schema::SplitColumnName(natural, type, 1);
      return name == natural || name == split;
    });
  }

  // Whether rows keep what the column holds though they are read again.
  bool KeepsValues(const v1::RetiredColumn& column) const {
    if (!wanted_.keeps_retired() || column.empty()) return false;
    if (!stays()) return !IsTakenOver(column);
    // The load's own table has all that is kept.
    return std::any_of(wanted_.retired().begin(), wanted_.retired().end(), [&](const auto& kept) {
      return kept.destination_column() == column.destination_column() && !kept.empty();
    });
  }

  // Says which columns that were retired before lose what they held by it.
  void EmptyRetired() {
    std::vector<std::string> lost;
    for (v1::RetiredColumn& column : retired_) {
      if (KeepsValues(column)) continue;
      const auto before = [&](const v1::RetiredColumn& other) {
        return other.destination_column() == column.destination_column() && !other.empty();
      };
      const bool held = std::any_of(last_.retired().begin(), last_.retired().end(), before);
      if (held && !stays() && !IsTakenOver(column)) lost.push_back(column.destination_column());
      column.set_empty(true);
    }
    if (lost.empty()) return;
    v1::SchemaChange& change = result_.changes.emplace_back();
    change.set_kind(v1::CHANGE_KIND_RETIRED_VALUES);
    change.set_effect(
        absl::StrCat("what the destination's columns hold that are loaded no more is gone: ",
                     absl::StrJoin(lost, ", "), ". The whole table is read",
                     wanted_.replication_key().empty()
                         ? ""
                         : ", and rows have no key, or another one than before, to find them by"));
  }

  // Finds the destination column of one that had none, or had one of another type.
  void Place(int i) {
    const v1::ColumnMapping& column = wanted_.columns(i);
    const std::string natural = column.destination_column();
    const std::string& type = column.destination_type();
    std::string name = natural;
    bool again = in_use_.count(name) == 0 && TakeUp(name, type);
    for (int number = 1; !again && !IsFree(name, natural); ++number) {
      name = schema::SplitColumnName(natural, type, number);
      again = in_use_.count(name) == 0 && TakeUp(name, type);
    }
    Name(i, name);
    if (stays() && !again) Add(name, type);
    // A new table has no retired column by the name of one that is loaded.
    if (!stays()) {
      retired_.erase(
          std::remove_if(retired_.begin(), retired_.end(),
                         [&](const auto& other) { return other.destination_column() == name; }),
          retired_.end());
    }
  }

  bool IsFree(const std::string& name, const std::string& natural) const {
    return taken_.count(name) == 0 && (name == natural || reserved_.count(name) == 0);
  }

  void Add(absl::string_view name, absl::string_view type) {
    result_.actions.push_back(absl::StrCat("ADD COLUMN ", QuoteIdentifier(name), " ", type));
    v1::RetiredColumn& column = result_.added.emplace_back();
    column.set_destination_column(std::string(name));
    column.set_destination_type(std::string(type));
  }

  // System columns, and the mark of deleted rows.
  void Switch() {
    const auto wanted = schema::SystemColumnsOf(wanted_.system().columns());
    // Plans of the first versions of _lockstitch do not tell.
    const bool told = known_ && last_.has_system();
    const auto had = told ? schema::SystemColumnsOf(last_.system().columns()) : wanted;
    for (const schema::SystemColumn& column : wanted) AddOwn(column.name, column.sql_type);
    if (wanted_.marks_deletes()) AddOwn(kDeletedAtColumn, kDeletedAtType);
    if (wanted.empty()) {
      for (const schema::SystemColumn& column : had) {
        const std::optional<std::string> type =
            TypeNow(std::string(column.name), std::string(column.sql_type));
        if (type) Retire(std::string(column.name), *type);
      }
    }
    if (last_.marks_deletes() && !wanted_.marks_deletes()) {
      const std::optional<std::string> type =
          TypeNow(std::string(kDeletedAtColumn), std::string(kDeletedAtType));
      if (type) Retire(std::string(kDeletedAtColumn), *type);
    }
    if (had.empty() == wanted.empty()) return;
    v1::SchemaChange& change = result_.changes.emplace_back();
    change.set_kind(v1::CHANGE_KIND_SYSTEM_COLUMNS);
    change.set_from(had.empty() ? "none" : "stitch");
    change.set_to(wanted.empty() ? "none" : "stitch");
    change.set_effect(
        wanted.empty()
            ? "system columns are switched off: the destination keeps them, NULL in rows that are "
              "written from now on"
        : rows_stay() ? "system columns are switched on: they are added, NULL in rows loaded before"
                      : "system columns are switched on: all rows have them");
  }

  // A column that Lockstitch names itself.
  void AddOwn(absl::string_view name, absl::string_view type) {
    retired_.erase(
        std::remove_if(retired_.begin(), retired_.end(),
                       [&](const auto& column) { return column.destination_column() == name; }),
        retired_.end());
    if (stays() && table_->Find(std::string(name)) == nullptr) Add(name, type);
    in_use_.insert(std::string(name));
  }

  void Describe(int i) {
    const v1::ColumnMapping& column = result_.plan.columns(i);
    const v1::ColumnMapping* last = LastOf(column);
    if (!known_ || (last != nullptr && last->destination_type() == column.destination_type()))
      return;
    v1::SchemaChange change;
    change.set_column(column.source_column());
    change.set_destination_column(column.destination_column());
    change.set_to(column.destination_type());
    if (last == nullptr) {
      change.set_kind(v1::CHANGE_KIND_COLUMN_ADDED);
      change.set_effect(EffectOfAdding(column));
      result_.without_values.push_back(column.source_column());
    } else {
      change.set_from(last->destination_type());
      DescribeType(*last, column, &change);
    }
    result_.changes.push_back(std::move(change));
  }

  std::string EffectOfAdding(const v1::ColumnMapping& column) const {
    const bool is_new = std::find(last_.known_columns().begin(), last_.known_columns().end(),
                                  column.source_column()) == last_.known_columns().end();
    std::string effect = absl::StrCat("column ", column.source_column(),
                                      is_new ? " is new" : " replicates from now on", ": ");
    if (!stays()) return absl::StrCat(effect, "the new table has it", Named(column));
    if (taken_up_.count(column.destination_column()) > 0) {
      absl::StrAppend(&effect, "the destination's column ", column.destination_column(),
                      ", kept from before, is loaded again");
      if (!rows_stay()) return effect;
      return absl::StrCat(effect,
                          "; rows loaded before keep what it holds; backfill: reload reads them "
                          "anew");
    }
    absl::StrAppend(&effect, "added to the destination", Named(column));
    if (!rows_stay()) return effect;
    absl::StrAppend(&effect, ", NULL in rows loaded before");
    if (source_.filled.count(column.source_column()) > 0) {
      absl::StrAppend(&effect,
                      ", though the source has values there; backfill: reload reads them anew");
    } else if (source_.defaulted.count(column.source_column()) > 0) {
      absl::StrAppend(&effect,
                      "; if the source has given them its default, backfill: reload reads them "
                      "anew");
    } else if (!is_new) {
      absl::StrAppend(&effect, "; backfill: reload reads them anew");
    }
    return effect;
  }

  static std::string Named(const v1::ColumnMapping& column) {
    if (column.source_column() == column.destination_column()) return "";
    return absl::StrCat(" as ", column.destination_column());
  }

  void DescribeType(const v1::ColumnMapping& last, const v1::ColumnMapping& column,
                    v1::SchemaChange* change) {
    const std::string types =
        absl::StrCat("column ", column.source_column(), " was ", last.destination_type(),
                     " and is now ", column.destination_type(), ": ");
    const bool same_place = last.destination_column() == column.destination_column();
    if (schema::IsWidening(last.destination_type(), column.destination_type()) && same_place) {
      change->set_kind(v1::CHANGE_KIND_COLUMN_WIDENED);
      change->set_effect(absl::StrCat(
          types, stays() ? "the destination's is altered" : "the new table has the wider type"));
    } else if (!stays()) {
      change->set_kind(v1::CHANGE_KIND_COLUMN_RETYPED);
      change->set_effect(
          absl::StrCat(types, "the new table has the new type", Named(column),
                       "; where the table must stay, a second column takes the values"));
    } else {
      change->set_kind(v1::CHANGE_KIND_COLUMN_SPLIT);
      const TableForm::Column* old = table_->Find(last.destination_column());
      const bool refused = old != nullptr && old->fixed &&
                           schema::IsWidening(last.destination_type(), column.destination_type());
      change->set_effect(absl::StrCat(
          types, "column ", column.destination_column(),
          " of the destination takes its values, and ", last.destination_column(),
          rows_stay()
              ? " is kept with what was loaded before, NULL in rows that are written from now on"
              : " is kept, NULL in all rows",
          refused ? absl::StrCat("; it can't be altered since something at the destination depends "
                                 "on it, which finds the values only once it reads ",
                                 column.destination_column())
                  : ""));
      result_.without_values.push_back(column.source_column());
    }
  }

  // Of a source column that isn't loaded any more.
  void DescribeLoss(const v1::ColumnMapping& column) {
    const auto same = [&](const v1::ColumnMapping& wanted) {
      return wanted.source_column() == column.source_column();
    };
    if (std::any_of(wanted_.columns().begin(), wanted_.columns().end(), same)) return;
    v1::SchemaChange& change = result_.changes.emplace_back();
    change.set_kind(v1::CHANGE_KIND_COLUMN_RETIRED);
    change.set_column(column.source_column());
    change.set_destination_column(column.destination_column());
    change.set_from(column.destination_type());
    const bool present = source_.present.count(column.source_column()) > 0;
    const bool replaced = in_use_.count(column.destination_column()) > 0;
    const auto kept = std::find_if(retired_.begin(), retired_.end(), [&](const auto& other) {
      return other.destination_column() == column.destination_column();
    });
    const bool keeps = !rows_stay() && kept != retired_.end() && KeepsValues(*kept);
    change.set_effect(absl::StrCat(
        "column ", column.source_column(),
        present ? " replicates no more: " : " is gone at the source: ",
        replaced  ? "the new table has another column of its name"
        : keeps   ? "the destination keeps it with what its rows hold, NULL in new ones"
        : stays() ? "the destination keeps it, NULL in rows that are written from now on"
                  : "the destination keeps it, NULL in all rows"));
  }

  absl::Status TestNumber() const {
    const int system = static_cast<int>(schema::SystemColumnsOf(wanted_.system().columns()).size());
    const int added = static_cast<int>(result_.added.size());
    const int all = stays() ? table_->numbers + added
                            : wanted_.columns_size() + static_cast<int>(retired_.size()) + system +
                                  (wanted_.marks_deletes() ? 1 : 0);
    if (all <= schema::kMostColumns || (stays() && added == 0)) return absl::OkStatus();
    return Error(Reason::kDestinationColumnsExceeded,
                 absl::StrCat("the destination table ", wanted_.destination_table(), " would have ",
                              all, " columns, more than PostgreSQL's ", schema::kMostColumns,
                              ": those count that are loaded no more",
                              stays() ? ", and those that were dropped" : ""),
                 stays() ? "Drop what depends on the destination table, if something does: a reset "
                           "keeps such a table, and with it the numbers of dropped columns. Then "
                           "reset the stream: that leaves out what isn't loaded any more."
                         : "");
  }

  const v1::LoadPlan& wanted_;
  const TableForm* table_;
  const SourceColumns& source_;
  const Rows rows_;
  const bool known_;
  v1::LoadPlan last_;
  std::map<std::string, const v1::ColumnMapping*> loaded_;  // Of `last_`, by their source columns.
  std::vector<v1::RetiredColumn> retired_;
  std::set<std::string> taken_;     // Names that no added column can have.
  std::set<std::string> reserved_;  // Names that only their own columns get.
  std::set<std::string> in_use_;    // Names of what is loaded.
  std::set<std::string> taken_up_;
  ColumnTransition result_;
};

// Whether the load wants the column as it is now, which is wider than the last load left it: it was
// altered ahead.
bool IsWidened(const v1::ColumnMapping& last, const std::string& type, const v1::LoadPlan& wanted) {
  return schema::IsWidening(last.destination_type(), type) &&
         std::any_of(wanted.columns().begin(), wanted.columns().end(), [&](const auto& column) {
           return column.source_column() == last.source_column() &&
                  column.destination_type() == type;
         });
}

// What the last load would have left behind to make the table what it is: users may have dropped
// columns, or altered their types.
v1::LoadPlan AsItStands(const v1::LoadPlan& last, const TableForm& form,
                        const v1::LoadPlan& wanted) {
  v1::LoadPlan plan = last;
  plan.clear_columns();
  for (const v1::ColumnMapping& column : last.columns()) {
    const TableForm::Column* now = form.Find(column.destination_column());
    if (now == nullptr) continue;
    *plan.add_columns() = column;
    if (!IsWidened(column, now->type, wanted))
      plan.mutable_columns()->rbegin()->set_destination_type(now->type);
  }
  return plan;
}

}  // namespace

SourceColumns SourceColumnsOf(const v1::BeginLoadRequest& request) {
  SourceColumns source;
  for (const v1::Column& column : request.table().columns()) {
    source.present.insert(column.name());
    const bool filled = column.fills_older_rows() || !column.nullable() ||
                        column.generation() != v1::COLUMN_GENERATION_UNSPECIFIED;
    if (filled) source.filled.insert(column.name());
    if (!column.default_expression().empty()) source.defaulted.insert(column.name());
  }
  source.present.insert(request.other_columns().begin(), request.other_columns().end());
  return source;
}

std::vector<std::string> ColumnTransition::KeyColumns(
    const std::vector<std::string>& wanted) const {
  std::vector<std::string> columns;
  for (const std::string& column : wanted) columns.push_back(names.at(column));
  return columns;
}

absl::StatusOr<ColumnTransition> AlterColumns(const v1::LoadPlan& last, const v1::LoadPlan& wanted,
                                              const TableForm& table, const SourceColumns& source) {
  return Transition(&last, wanted, &table, source, Rows::kStay).Run();
}

absl::StatusOr<ColumnTransition> MergeColumns(const v1::LoadPlan& last, const v1::LoadPlan& wanted,
                                              const TableForm& table) {
  SourceColumns source;
  source.present.insert(wanted.known_columns().begin(), wanted.known_columns().end());
  const v1::LoadPlan standing = AsItStands(last, table, wanted);
  return Transition(&standing, wanted, &table, source, Rows::kReadAgain).Run();
}

absl::StatusOr<ColumnTransition> RemakeColumns(const v1::LoadPlan* last, const v1::LoadPlan& wanted,
                                               const SourceColumns& source) {
  return Transition(last, wanted, nullptr, source, Rows::kReadAgain).Run();
}

}  // namespace lockstitch::loader

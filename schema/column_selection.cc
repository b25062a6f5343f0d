#include "schema/column_selection.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/key_order.h"
#include "schema/row_filter.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

using Names = std::set<std::string>;

bool IsView(const v1::Table& table) {
  return table.kind() == v1::TABLE_KIND_VIEW || table.kind() == v1::TABLE_KIND_MATERIALIZED_VIEW;
}

// Whether comparing by what pg_catalog has may be another comparison than the type's own.
bool HasOwnOperators(const v1::DataType& type) {
  if (type.kind() == v1::TYPE_KIND_DOMAIN || type.kind() == v1::TYPE_KIND_ARRAY)
    return HasOwnOperators(type.element());
  return type.kind() == v1::TYPE_KIND_BASE && type.schema() != "pg_catalog";
}

bool IsTimeKey(absl::string_view type) {
  return type == "timestamptz" || type == "timestamp" || type == "date";
}

bool IsIntegerKey(absl::string_view type) {
  return type == "int2" || type == "int4" || type == "int8";
}

// Of the many forms of an interval, which all hold a digit: not one that goes forward.
bool IsSpanOfTime(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         text.find_first_of("+-") == absl::string_view::npos &&
         !absl::StrContains(absl::AsciiStrToLower(text), "ago");
}

// Digits, and unless it must be `whole` a point among them.
bool IsNumber(absl::string_view text, bool whole) {
  const size_t point = whole ? absl::string_view::npos : text.find('.');
  std::string digits(text);
  if (point != absl::string_view::npos) digits.erase(point, 1);
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
}

absl::Status ObstacleError(absl::string_view what, const v1::Obstacle& obstacle) {
  return Error(ReasonForCode(obstacle.reason()).value_or(Reason::kColumnUnsupported),
               absl::StrCat(what, obstacle.message()));
}

class Selector {
 public:
  Selector(const v1::Table& table, const v1::StreamSettings& settings, const Names& known)
      : table_(table), settings_(settings), known_(known) {
    for (const v1::Column& column : table.columns()) columns_.insert(column.name());
  }

  ColumnSelection Run() && {
    if (table_.has_obstacle()) {
      result_.problems.push_back(ObstacleError("", table_.obstacle()));
      return std::move(result_);
    }
    result_.table = table_;
    TestMethod();
    ChooseKey();
    TestDeletes();
    TestBookmark();
    TestChosen("include_columns", settings_.include_columns());
    TestChosen("exclude_columns", settings_.exclude_columns());
    if (!settings_.include_columns().empty() && !settings_.exclude_columns().empty())
      Problem(Reason::kSelectionInvalid, "include_columns and exclude_columns are both given");
    ChooseColumns();
    TestFilter();
    if (result_.problems.size() != 1) result_.replication_key_lost = false;
    return std::move(result_);
  }

 private:
  void Problem(Reason reason, const std::string& message, absl::string_view remedy = "") {
    result_.problems.push_back(Error(reason, message, remedy));
  }

  void TestMethod() {
    const std::string& key = settings_.replication_key();
    switch (settings_.method()) {
      case v1::REPLICATION_METHOD_INCREMENTAL:
        if (key.empty())
          return Problem(Reason::kReplicationKeyUnfit,
                         "method INCREMENTAL needs a replication_key");
        result_.replication_key_lost = columns_.count(key) == 0 || !IsCandidate(key);
        if (columns_.count(key) == 0) return MissingColumn("replication_key", key);
        if (!IsCandidate(key)) {
          return Problem(
              Reason::kReplicationKeyUnfit,
              absl::StrCat("column ", key, " has a type that can't be a replication key"));
        }
        return TestLookback(TypeOf(key));
      case v1::REPLICATION_METHOD_LOG_BASED:
        return Problem(Reason::kMethodNotAvailable,
                       IsView(table_) ? "a view has no log: method LOG_BASED is not possible"
                                      : "method LOG_BASED is not available yet");
      default:
        if (!key.empty())
          Problem(Reason::kSelectionInvalid, "replication_key is for method INCREMENTAL alone");
        if (!settings_.lookback().empty())
          Problem(Reason::kSelectionInvalid, "lookback is for method INCREMENTAL alone");
        if (!settings_.time_zone().empty())
          Problem(Reason::kSelectionInvalid, "time_zone is for method INCREMENTAL alone");
    }
  }

  std::string TypeOf(const std::string& name) const {
    for (const v1::Column& column : table_.columns()) {
      if (column.name() == name) return KeyType(column.type());
    }
    return "";
  }

  // As far as it can be told without the source, which knows its intervals and zones.
  void TestLookback(const std::string& type) {
    const std::string& lookback = settings_.lookback();
    if (!settings_.time_zone().empty() && type != "timestamp") {
      Problem(Reason::kSelectionInvalid,
              absl::StrCat("time_zone is for keys of type timestamp alone, and column ",
                           settings_.replication_key(), " is of type ", type));
    }
    if (lookback.empty()) return;
    if (IsTimeKey(type)) {
      if (!IsSpanOfTime(lookback)) NoLookback("an interval without a sign, such as 10 minutes");
    } else if (type == "numeric") {
      if (!IsNumber(lookback, /*whole=*/false)) NoLookback("a number without a sign");
    } else if (IsIntegerKey(type)) {
      if (!IsNumber(lookback, /*whole=*/true)) NoLookback("a whole number without a sign");
    } else {
      Problem(Reason::kSelectionInvalid,
              absl::StrCat("lookback is for times and numbers, and column ",
                           settings_.replication_key(), " is of type ", type));
    }
  }

  void NoLookback(absl::string_view wanted) {
    Problem(Reason::kSelectionInvalid,
            absl::StrCat("lookback '", settings_.lookback(), "' must be ", wanted));
  }

  bool IsCandidate(const std::string& column) const {
    return std::any_of(
        table_.replication_keys().begin(), table_.replication_keys().end(),
        [&](const v1::ReplicationKeyCandidate& key) { return key.column() == column; });
  }

  void MissingColumn(absl::string_view setting, absl::string_view column) {
    Problem(Reason::kColumnNotFound, absl::StrCat(setting, " names the column '", column,
                                                  "', which the table does not have"));
  }

  template <typename List>
  void TestNames(absl::string_view setting, const List& names) {
    for (const std::string& name : names) {
      if (columns_.count(name) == 0) MissingColumn(setting, name);
    }
  }

  // Columns that were there once, and are chosen no more now that they are gone.
  template <typename List>
  void TestChosen(absl::string_view setting, const List& names) {
    for (const std::string& name : names) {
      if (columns_.count(name) > 0) continue;
      if (known_.count(name) == 0) {
        MissingColumn(setting, name);
      } else {
        result_.notes.push_back(
            absl::StrCat("column ", name, ", which ", setting, " names, is gone at the source"));
      }
    }
  }

  void ChooseKey() {
    if (!settings_.key_columns().empty()) {
      TestNames("key_columns", settings_.key_columns());
      const Names distinct(settings_.key_columns().begin(), settings_.key_columns().end());
      if (distinct.size() < static_cast<size_t>(settings_.key_columns_size()))
        Problem(Reason::kSelectionInvalid, "key_columns name a column twice");
      if (table_.primary_key().empty()) {
        *result_.table.mutable_primary_key() = settings_.key_columns();
      } else {
        Problem(Reason::kSelectionInvalid, "key_columns are given though there is a primary key");
      }
    }
    std::vector<std::string> hidden;
    for (const v1::Column& column : table_.columns()) {
      const auto& key = result_.table.primary_key();
      const bool in_key = std::find(key.begin(), key.end(), column.name()) != key.end();
      if (column.has_obstacle() && in_key) hidden.push_back(column.name());
    }
    // Columns that the settings name are problems of their own.
    if (hidden.empty() || !settings_.key_columns().empty()) return;
    result_.notes.push_back(absl::StrCat("no primary key at the destination: its column ",
                                         absl::StrJoin(hidden, ", "), " can't be read"));
    result_.table.clear_primary_key();
  }

  // After the key was chosen.
  void TestDeletes() {
    if (!settings_.has_deletes()) return;
    const google::protobuf::Duration& every = settings_.deletes().every();
    if (settings_.method() != v1::REPLICATION_METHOD_INCREMENTAL)
      Problem(Reason::kSelectionInvalid, "deletes is for method INCREMENTAL alone");
    if (result_.table.primary_key().empty()) {
      Problem(Reason::kSelectionInvalid,
              "deletes needs a primary key, or key_columns, to tell rows apart");
    }
    if (every.seconds() < 0 || every.nanos() < 0)
      Problem(Reason::kSelectionInvalid, "deletes.every must not be negative");
  }

  void TestBookmark() {
    if (!settings_.has_set_bookmark()) return;
    if (settings_.method() != v1::REPLICATION_METHOD_INCREMENTAL)
      Problem(Reason::kSelectionInvalid, "set_bookmark is for method INCREMENTAL alone");
    if (settings_.reset() == 0) {
      Problem(Reason::kSelectionInvalid,
              "set_bookmark needs a reset number, by which it is set once");
    }
  }

  void ChooseColumns() {
    const Names included(settings_.include_columns().begin(), settings_.include_columns().end());
    const Names excluded(settings_.exclude_columns().begin(), settings_.exclude_columns().end());
    Names always(result_.table.primary_key().begin(), result_.table.primary_key().end());
    if (!settings_.replication_key().empty()) always.insert(settings_.replication_key());
    result_.table.clear_columns();
    for (const v1::Column& column : table_.columns()) {
      const std::string& name = column.name();
      const bool named = included.count(name) > 0 || always.count(name) > 0;
      if (excluded.count(name) > 0 && always.count(name) > 0) {
        result_.notes.push_back(
            absl::StrCat("column ", name, " is excluded, but a key: it replicates all the same"));
      }
      const bool wanted = named || (included.empty() && excluded.count(name) == 0);
      if (!wanted) continue;
      if (!column.has_obstacle()) {
        *result_.table.add_columns() = column;
      } else if (named) {
        result_.problems.push_back(
            ObstacleError(absl::StrCat("column ", name, ": "), column.obstacle()));
      } else {
        result_.notes.push_back(
            absl::StrCat("column ", name, " is left out: ", column.obstacle().message()));
      }
    }
    if (result_.table.columns().empty())
      Problem(Reason::kSelectionInvalid, "no column is left to replicate");
  }

  void TestFilter() {
    if (settings_.filter().empty()) return;
    const absl::StatusOr<RowFilter> filter = ParseRowFilter(settings_.filter());
    if (!filter.ok()) {
      result_.problems.push_back(filter.status());
      return;
    }
    TestNames("filter", filter->columns);
    for (const v1::Column& column : table_.columns()) {
      if (filter->columns.count(column.name()) > 0 && column.has_obstacle()) {
        result_.problems.push_back(ObstacleError(
            absl::StrCat("column ", column.name(), " of the filter: "), column.obstacle()));
      }
      if (filter->bare_columns.count(column.name()) > 0 && HasOwnOperators(column.type())) {
        Problem(Reason::kFilterInvalid,
                absl::StrCat("the filter compares column ", column.name(), " of type ",
                             column.type().display(),
                             ", whose own operators and functions are not seen: write ",
                             column.name(), "::text, or OPERATOR(schema.=)"),
                "Write the cast, or the operator with its schema, as the message shows.");
      }
    }
  }

  const v1::Table& table_;
  const v1::StreamSettings& settings_;
  const Names& known_;
  Names columns_;
  ColumnSelection result_;
};

}  // namespace

ColumnSelection SelectColumns(const v1::Table& table, const v1::StreamSettings& settings,
                              const std::set<std::string>& known) {
  return Selector(table, settings, known).Run();
}

}  // namespace lockstitch::schema

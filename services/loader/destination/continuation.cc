#include "services/loader/destination/continuation.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "schema/destination_names.h"
#include "schema/widening.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// Of a write-ahead log position as text, two numbers of 32 bits: "16/B374D848".
absl::StatusOr<uint64_t> PositionOf(const std::string& text) {
  const std::pair<std::string, std::string> halves = absl::StrSplit(text, absl::MaxSplits('/', 1));
  uint32_t high = 0, low = 0;
  if (absl::SimpleHexAtoi(halves.first, &high) && absl::SimpleHexAtoi(halves.second, &low))
    return uint64_t{high} << 32 | low;
  return Error(Reason::kProtocolViolated,
               absl::StrCat("'", text, "' is no position in a write-ahead log"));
}

template <typename Messages>
bool SameMessages(const Messages& a, const Messages& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.SerializeAsString() == other.SerializeAsString();
  });
}

// Plans of older versions don't tell the columns' numbers.
bool SameColumns(const v1::LoadPlan& a, const v1::LoadPlan& b) {
  return std::equal(a.columns().begin(), a.columns().end(), b.columns().begin(), b.columns().end(),
                    [](v1::ColumnMapping one, v1::ColumnMapping other) {
                      if (one.source_number() == 0) other.clear_source_number();
                      if (other.source_number() == 0) one.clear_source_number();
                      return one.SerializeAsString() == other.SerializeAsString();
                    });
}

bool SameSystemColumns(const v1::LoadPlan& a, const v1::LoadPlan& b) {
  return schema::SystemColumnsOf(a.system().columns()).empty() ==
         schema::SystemColumnsOf(b.system().columns()).empty();
}

bool IsAnotherTable(const v1::LoadPlan& a, const v1::LoadPlan& b) {
  return a.source_oid() != 0 && b.source_oid() != 0 && a.source_oid() != b.source_oid();
}

// nullptr if the column isn't loaded.
const v1::ColumnMapping* FindColumn(const v1::LoadPlan& plan, const std::string& source_column) {
  const auto found = std::find_if(
      plan.columns().begin(), plan.columns().end(),
      [&](const v1::ColumnMapping& column) { return column.source_column() == source_column; });
  return found == plan.columns().end() ? nullptr : &*found;
}

std::string DestinationOf(const v1::LoadPlan& plan) {
  const v1::ColumnMapping* column = FindColumn(plan, plan.replication_key());
  return column == nullptr ? "" : column->destination_column();
}

// Rows were told apart by them.
std::string KeyText(const std::vector<std::string>& columns) {
  return columns.empty() ? "none" : absl::StrJoin(columns, ", ");
}

std::string MethodText(v1::ReplicationMethod method) {
  return method == v1::REPLICATION_METHOD_INCREMENTAL ? "INCREMENTAL" : "FULL_TABLE";
}

class Comparison {
 public:
  Comparison(const LoadRecord& last, const LoadRecord& wanted)
      : last_(last),
        wanted_(wanted),
        incremental_(wanted.method == v1::REPLICATION_METHOD_INCREMENTAL) {}

  StreamDifference Run() && {
    const v1::LoadPlan& old = last_.plan;
    const v1::LoadPlan& plan = wanted_.plan;
    if (last_.method != wanted_.method) {
      Add(v1::CHANGE_KIND_METHOD, MethodText(last_.method), MethodText(wanted_.method),
          "the replication method has changed");
    } else if (old.replication_key() != plan.replication_key()) {
      Add(v1::CHANGE_KIND_METHOD, old.replication_key(), plan.replication_key(),
          absl::StrCat("the replication key was ", old.replication_key(), " and is now ",
                       plan.replication_key()));
    } else if (DestinationOf(old) != DestinationOf(plan)) {
      Add(v1::CHANGE_KIND_METHOD, old.replication_key(), plan.replication_key(),
          absl::StrCat("the replication key ", plan.replication_key(),
                       " has another column at the destination"));
    }
    if (last_.key_columns != wanted_.key_columns) {
      Add(v1::CHANGE_KIND_KEY, KeyText(last_.key_columns), KeyText(wanted_.key_columns),
          "the primary key has changed");
    }
    if (old.filter() != plan.filter()) AddFilter(old.filter(), plan.filter());
    if (IsAnotherTable(old, plan)) {
      Add(v1::CHANGE_KIND_TABLE_RECREATED, "", "",
          "the table was dropped and made again at the source, or another took its name");
    }
    return std::move(difference_);
  }

 private:
  void Add(v1::ChangeKind kind, const std::string& from, const std::string& to,
           const std::string& what) {
    Describe(kind, from, to,
             incremental_ ? absl::StrCat("reads the whole table: ", what)
                          : absl::StrCat(what, ": the new table is read so"));
    if (incremental_ && difference_.why_anew.empty()) difference_.why_anew = what;
  }

  void AddFilter(const std::string& from, const std::string& to) {
    const bool stays = wanted_.plan.settings().backfill() == v1::BACKFILL_NONE && incremental_;
    if (!stays) return Add(v1::CHANGE_KIND_FILTER, from, to, "the filter has changed");
    Describe(v1::CHANGE_KIND_FILTER, from, to,
             "the filter has changed, and backfill is none: it holds for rows that are read from "
             "now on, and those loaded before stay as they are");
  }

  void Describe(v1::ChangeKind kind, const std::string& from, const std::string& to,
                const std::string& effect) {
    v1::SchemaChange& change = difference_.changes.emplace_back();
    change.set_kind(kind);
    change.set_from(from);
    change.set_to(to);
    change.set_effect(effect);
  }

  const LoadRecord& last_;
  const LoadRecord& wanted_;
  const bool incremental_;
  StreamDifference difference_;
};

// What the horizon of a load's first snapshot depends on. Older extractors didn't tell settings.
bool SameLookback(const v1::LoadPlan& a, const v1::LoadPlan& b) {
  return !a.has_settings() || !b.has_settings() ||
         (a.settings().lookback() == b.settings().lookback() &&
          a.settings().time_zone() == b.settings().time_zone());
}

// Whether the destination's column has already the wider type that the load wants it to have.
bool IsAlteredAhead(const v1::ColumnMapping& last, const v1::ColumnMapping& now,
                    const std::string& type) {
  return now.destination_type() == type && schema::IsWidening(last.destination_type(), type);
}

// Why rows of one load's table can't be those of another's; empty if they can.
std::string ObstacleBetween(const LoadRecord& old, const LoadRecord& wanted) {
  const StreamDifference difference = CompareStreams(old, wanted);
  if (!difference.why_anew.empty()) return difference.why_anew;
  if (old.plan.filter() != wanted.plan.filter()) return "the filter has changed";
  if (!SameLookback(old.plan, wanted.plan)) return "the look-back or the time zone has changed";
  if (!SameSystemColumns(old.plan, wanted.plan)) return "the choice of system columns has changed";
  if (!SameColumns(old.plan, wanted.plan) ||
      !SameMessages(old.plan.retired(), wanted.plan.retired()) ||
      old.plan.marks_deletes() != wanted.plan.marks_deletes())
    return "the columns, or their types, have changed";
  return "";
}

}  // namespace

StreamDifference CompareStreams(const LoadRecord& last, const LoadRecord& wanted) {
  return Comparison(last, wanted).Run();
}

std::optional<std::string> DefectOf(const TableForm& form, const v1::LoadPlan& last,
                                    const v1::LoadPlan& wanted) {
  if (form.columns.empty()) return "the destination table is gone";
  for (const v1::ColumnMapping& column : last.columns()) {
    const v1::ColumnMapping* now = FindColumn(wanted, column.source_column());
    if (now == nullptr) continue;
    const TableForm::Column* found = form.Find(column.destination_column());
    if (found == nullptr ||
        (found->type != column.destination_type() && !IsAlteredAhead(column, *now, found->type))) {
      return absl::StrCat("the destination table's column ", column.destination_column(),
                          " is not as it was made");
    }
  }
  if (schema::SystemColumnsOf(wanted.system().columns()).empty()) return std::nullopt;
  for (const schema::SystemColumn& column : schema::SystemColumnsOf(last.system().columns())) {
    if (form.Find(std::string(column.name)) == nullptr)
      return absl::StrCat("the destination table has no column ", column.name);
  }
  return std::nullopt;
}

absl::Status TestReplicationKey(const LoadRecord& last, const LoadRecord& wanted) {
  const std::string& key = wanted.plan.replication_key();
  if (last.method != wanted.method || last.plan.replication_key() != key) return absl::OkStatus();
  const v1::ColumnMapping* before = FindColumn(last.plan, key);
  const v1::ColumnMapping* now = FindColumn(wanted.plan, key);
  if (before == nullptr || now == nullptr ||
      before->destination_type() == now->destination_type() ||
      schema::IsWidening(before->destination_type(), now->destination_type()))
    return absl::OkStatus();
  return Error(Reason::kReplicationKeyChanged,
               absl::StrCat("the replication key ", key, " was ", before->destination_type(),
                            " and is now ", now->destination_type()));
}

absl::StatusOr<Unfinished> FindUnfinished(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& wanted) {
  ASSIGN_OR_RETURN(std::optional<LoadRecord> load, UnfinishedFirstLoad(connection, state));
  if (!load) return Unfinished();
  if (!load->plan.has_horizon())
    return Unfinished{.obstacle = "how far the bookmark may move was not known when it began"};
  if (std::string obstacle = ObstacleBetween(*load, wanted); !obstacle.empty())
    return Unfinished{.obstacle = std::move(obstacle)};
  if (load->source.system_identifier() != wanted.source.system_identifier() ||
      load->source.database() != wanted.source.database())
    return Unfinished{.obstacle = "it read another source"};
  if (load->destination_table != wanted.destination_table)
    return Unfinished{.obstacle = "the destination table has another name"};
  ASSIGN_OR_RETURN(const bool behind,
                   IsBehind(wanted.source.wal_position(), load->source.wal_position()));
  if (behind) return Unfinished{.obstacle = "the source is behind where it was read"};
  return Unfinished{.load = std::move(load)};
}

absl::StatusOr<bool> IsBehind(const std::string& position, const std::string& other) {
  if (position.empty() || other.empty()) return false;
  ASSIGN_OR_RETURN(const uint64_t present, PositionOf(position));
  ASSIGN_OR_RETURN(const uint64_t earlier, PositionOf(other));
  return present < earlier;
}

}  // namespace lockstitch::loader

#include "services/loader/destination/publish.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "schema/destination_names.h"
#include "services/loader/destination/carry_over.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/merge.h"
#include "services/loader/destination/obstacles.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;

constexpr absl::string_view kLockTimeout = "SET LOCAL lock_timeout = '1s'";

// $1 the table's OID, $2 schema, $3 wanted constraint name. The name of the table's key, unless the
// wanted one is taken.
constexpr absl::string_view kKeyToRename = R"sql(
SELECT c.conname FROM pg_catalog.pg_constraint c
WHERE c.conrelid = $1::oid AND c.contype = 'p' AND NOT EXISTS (
  SELECT 1 FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  WHERE n.nspname = $2 AND t.relname = $3))sql";

// As PostgreSQL names a key: cut at a character's start so that the suffix fits 63 bytes.
std::string KeyName(const std::string& table) {
  constexpr absl::string_view kSuffix = "_pkey";
  size_t length = std::min(table.size(), 63 - kSuffix.size());
  while (length > 0 && length < table.size() && (table[length] & 0xC0) == 0x80) --length;
  return absl::StrCat(absl::string_view(table).substr(0, length), kSuffix);
}

// Locks the table of that OID, by the name that it is to have.
absl::Status LockOld(postgres::Connection& connection, const StreamState& state,
                     const LoadRecord& load, int64_t oid, absl::string_view mode) {
  RETURN_IF_ERROR(connection.Execute(
      absl::StrCat("LOCK TABLE ONLY ", QuoteQualified(state.schema, load.destination_table), " IN ",
                   mode, " MODE")));
  ASSIGN_OR_RETURN(const int64_t locked,
                   FindDestinationTable(connection, state, load.destination_table));
  if (locked == oid) return absl::OkStatus();
  return Error(Reason::kDestinationConflict,
               absl::StrCat("the destination table ", load.plan.destination_table(),
                            " was dropped while it was about to be replaced"));
}

// Puts the load table under the name that is free by now.
absl::Status MoveIn(postgres::Connection& connection, const StreamState& state,
                    const LoadRecord& load) {
  const std::string key = KeyName(load.destination_table);
  ASSIGN_OR_RETURN(
      const std::vector<postgres::Result> answers,
      connection.QueryAll(
          {{absl::StrCat("ALTER TABLE ", QuoteQualified(schema::kStateSchema, load.load_table),
                         " SET SCHEMA ", QuoteIdentifier(state.schema))},
           {absl::StrCat("ALTER TABLE ", QuoteQualified(state.schema, load.load_table),
                         " RENAME TO ", QuoteIdentifier(load.destination_table))},
           {std::string(kKeyToRename), {absl::StrCat(load.load_oid), state.schema, key}}}));
  const postgres::Result& made = answers.back();
  if (made.empty()) return absl::OkStatus();
  return connection.Execute(absl::StrCat(
      "ALTER TABLE ", QuoteQualified(state.schema, load.destination_table), " RENAME CONSTRAINT ",
      QuoteIdentifier(made.Text(0, 0)), " TO ", QuoteIdentifier(key)));
}

// What has come of a try to put the load table in the place of the old one.
struct SwapTrial {
  std::vector<std::string> obstacles;  // It can't be: what it has begun is to be undone.
  std::vector<std::string> notes;
};

absl::StatusOr<SwapTrial> TrySwap(postgres::Connection& connection, const StreamState& state,
                                  const LoadRecord& load, const std::optional<LoadRecord>& last,
                                  int64_t oid, const std::vector<UsersIndex>& built) {
  SwapTrial trial;
  if (oid == 0) {
    RETURN_IF_ERROR(MoveIn(connection, state, load));
    return trial;
  }
  RETURN_IF_ERROR(LockOld(connection, state, load, oid, "ACCESS EXCLUSIVE"));
  if (last) {
    ASSIGN_OR_RETURN(trial.obstacles, FindObstacles(connection, oid, *last));
    if (!trial.obstacles.empty()) return trial;
  }
  ASSIGN_OR_RETURN(const std::vector<UsersIndex> indexes, TestIndexes(connection, oid, built));
  ASSIGN_OR_RETURN(const std::vector<std::string> rest, CopyProperties(connection, oid, load));
  const absl::Status dropped = connection.Execute(
      absl::StrCat("DROP TABLE ", QuoteQualified(state.schema, load.destination_table)));
  if (last && postgres::SqlStateOf(dropped) == postgres::kDependentObjects) {
    trial.obstacles.push_back(std::string(dropped.message()));
    return trial;
  }
  RETURN_IF_ERROR(dropped);
  RETURN_IF_ERROR(MoveIn(connection, state, load));
  RETURN_IF_ERROR(TakeIndexNames(connection, state.schema, load, indexes));
  ASSIGN_OR_RETURN(trial.notes, RunRest(connection, rest));
  return trial;
}

absl::StatusOr<Placed> MergeInto(postgres::Connection& connection, const StreamState& state,
                                 const LoadRecord& load, const LoadRecord& last, int64_t oid,
                                 const std::vector<std::string>& why) {
  RETURN_IF_ERROR(LockOld(connection, state, load, oid, "ROW EXCLUSIVE"));
  ASSIGN_OR_RETURN(Merged merged, Merge(connection, state, load, last, oid));
  Placed placed = {.oid = oid,
                   .table_version = state.table_version,
                   .notes = std::move(merged.notes),
                   .changes = std::move(merged.changes)};
  placed.notes.push_back(
      absl::StrCat("merged into the table because ", absl::StrJoin(why, ", "), ": ", merged.rows));
  return placed;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> WhyMerge(postgres::Connection& connection, int64_t oid,
                                                  const std::optional<LoadRecord>& last) {
  if (oid == 0 || !last) return std::vector<std::string>();
  return FindObstacles(connection, oid, *last);
}

absl::StatusOr<Placed> Place(postgres::Connection& connection, const StreamState& state,
                             const LoadRecord& load, const std::optional<LoadRecord>& last,
                             const std::vector<std::string>& why_merge,
                             const std::vector<UsersIndex>& built) {
  connection.Defer({std::string(kLockTimeout)});
  ASSIGN_OR_RETURN(const int64_t oid,
                   FindDestinationTable(connection, state, load.destination_table));
  std::vector<std::string> why = why_merge;
  if (why.empty()) {
    connection.Defer({"SAVEPOINT swap"});
    ASSIGN_OR_RETURN(SwapTrial trial, TrySwap(connection, state, load, last, oid, built));
    if (trial.obstacles.empty()) {
      return Placed{.oid = load.load_oid,
                    .table_version = state.table_version + 1,
                    .notes = std::move(trial.notes)};
    }
    // Which gives back the lock that nobody else goes with.
    RETURN_IF_ERROR(connection.Execute("ROLLBACK TO SAVEPOINT swap"));
    why = std::move(trial.obstacles);
  }
  return MergeInto(connection, state, load, *last, oid, why);
}

}  // namespace lockstitch::loader

#include "services/loader/destination/changes.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "schema/destination_names.h"
#include "schema/key_order.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/replication_key.h"
#include "services/loader/destination/table_statements.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;

constexpr absl::string_view kLockTimeout = "SET LOCAL lock_timeout = '60s'";

// Of the rows, which users may have locked: the stream's next run waits for as long.
constexpr absl::string_view kRowLockTimeout = "SET LOCAL lock_timeout = '30s'";

// Until the transaction ends. Rows are sorted by their key before they are applied: with less, a
// million of them take more than one pass over the disk; with more, they were sorted no faster.
constexpr absl::string_view kSortMemory = R"sql(
SELECT pg_catalog.set_config('work_mem', '16MB', true)
WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')) < 16777216)sql";

std::string Quoted(const std::vector<std::string>& columns, absl::string_view table = "") {
  return absl::StrJoin(columns, ", ", [&](std::string* out, const std::string& column) {
    absl::StrAppend(out, table, QuoteIdentifier(column));
  });
}

std::vector<std::string> LoadedColumns(const v1::LoadPlan& plan) {
  std::vector<std::string> columns;
  for (const v1::ColumnMapping& column : plan.columns())
    columns.push_back(column.destination_column());
  return columns;
}

std::vector<std::string> AllColumns(const v1::LoadPlan& plan) {
  std::vector<std::string> columns = LoadedColumns(plan);
  for (const schema::SystemColumn& column : schema::SystemColumnsOf(plan.system().columns()))
    columns.emplace_back(column.name);
  return columns;
}

// The stream's next load begins anew.
absl::Status WasDropped(const LoadRecord& load) {
  return Error(Reason::kDestinationConflict,
               absl::StrCat("the destination table ", load.plan.destination_table(),
                            " was dropped while changes were loaded"));
}

// SQL: whether old's row isn't EXCLUDED's. By their images: equality lets 1.0 stand for 1.00, and
// json has none. The cast keeps PostgreSQL from comparing column by column. Most rows that have
// changed have another replication key, which is found sooner.
std::string Differs(const LoadRecord& load) {
  const std::vector<std::string> loaded = LoadedColumns(load.plan);
  return absl::StrCat(ReplicationKeyOf(load.plan, "old").expression(), " <> ",
                      ReplicationKeyOf(load.plan, "EXCLUDED").expression(), " OR ROW(",
                      Quoted(loaded, "old."), ")::record OPERATOR(pg_catalog.*<>) ROW(",
                      Quoted(loaded, "EXCLUDED."), ")::record");
}

std::string Upsert(const std::string& table, const LoadRecord& load) {
  const std::vector<std::string> all = AllColumns(load.plan);
  const std::string key = Quoted(load.key_columns);
  const schema::KeyOrder replication_key = ReplicationKeyOf(load.plan);
  const auto take_new = [](std::string* out, const std::string& column) {
    const std::string name = QuoteIdentifier(column);
    absl::StrAppend(out, name, " = EXCLUDED.", name);
  };
  std::string retired;
  for (const v1::RetiredColumn& column : load.plan.retired())
    absl::StrAppend(&retired, ", ", QuoteIdentifier(column.destination_column()), " = NULL");
  // The row is there: a mark is taken back.
  const bool marks = load.plan.marks_deletes();
  const bool duplicates = load.plan.duplicate_keys();
  return absl::StrCat(
      "INSERT INTO ", table, " AS old (", Quoted(all), ") SELECT ",
      duplicates ? absl::StrCat("DISTINCT ON (", key, ") ") : "", Quoted(all), " FROM ", kStaging,
      " ORDER BY ", key,
      duplicates ? absl::StrCat(", ", replication_key.expression(), " DESC NULLS LAST") : "",
      " ON CONFLICT (", key, ") DO UPDATE SET ", absl::StrJoin(all, ", ", take_new), retired,
      marks ? absl::StrCat(", ", schema::kDeletedAtColumn, " = NULL") : "", " WHERE ",
      Differs(load),
      marks ? absl::StrCat(" OR old.", schema::kDeletedAtColumn, " IS NOT NULL") : "");
}

// Without a key.
absl::Status Replace(postgres::Connection& connection, const std::string& table,
                     const LoadRecord& load, bool first_chunk) {
  if (first_chunk) {
    const schema::KeyOrder key = ReplicationKeyOf(load.plan);
    RETURN_IF_ERROR(
        connection.Execute(absl::StrCat("DELETE FROM ONLY ", table, " WHERE ", key.expression(),
                                        " >= ", key.Constant(load.plan.lower_bound()))));
  }
  const std::string all = Quoted(AllColumns(load.plan));
  return connection.Execute(
      absl::StrCat("INSERT INTO ", table, " (", all, ") SELECT ", all, " FROM ", kStaging));
}

}  // namespace

absl::StatusOr<std::string> CreateStaging(postgres::Connection& connection,
                                          const LoadRecord& load) {
  ASSIGN_OR_RETURN(std::string staging, CreateTemporary(connection, ColumnDefinitions(load.plan)));
  if (load.key_columns.empty()) return staging;
  // Rows that lack a value of it are refused here, and every constraint that speaks up from here on
  // is a user's.
  const auto not_null = [](std::string* out, const std::string& column) {
    absl::StrAppend(out, "ALTER COLUMN ", QuoteIdentifier(column), " SET NOT NULL");
  };
  RETURN_IF_ERROR(connection.Execute(
      absl::StrCat("ALTER TABLE ", staging, " ", absl::StrJoin(load.key_columns, ", ", not_null))));
  return staging;
}

absl::StatusOr<std::string> CreateTemporary(postgres::Connection& connection,
                                            const std::string& columns) {
  const absl::Status made = connection.Execute(
      absl::StrCat("CREATE TEMPORARY TABLE ", kStaging, " (", columns, ") ON COMMIT DROP"));
  if (postgres::SqlStateOf(made) == postgres::kInsufficientPrivilege) {
    return Error(Reason::kDestinationPermissionDenied, made.message(),
                 "GRANT TEMPORARY ON DATABASE ... to the user: changes pass through a temporary "
                 "table.");
  }
  RETURN_IF_ERROR(made);
  return std::string(kStaging);
}

absl::Status LockDestination(postgres::Connection& connection, const LoadRecord& load,
                             const std::string& schema) {
  RETURN_IF_ERROR(connection.Execute(kLockTimeout));
  const absl::Status locked = connection.Execute(absl::StrCat(
      "LOCK TABLE ", QuoteQualified(schema, load.destination_table), " IN ROW EXCLUSIVE MODE"));
  return postgres::SqlStateOf(locked) == postgres::kUndefinedTable ? WasDropped(load) : locked;
}

absl::Status ApplyChanges(postgres::Connection& connection, const StreamState& state,
                          const LoadRecord& load, bool first_chunk) {
  ASSIGN_OR_RETURN(const int64_t oid,
                   FindDestinationTable(connection, state, load.destination_table));
  if (oid == 0) return WasDropped(load);
  const std::string table = QuoteQualified(state.schema, load.destination_table);
  RETURN_IF_ERROR(TestStatements(connection, oid, table));
  const bool keyed = !load.key_columns.empty();
  if (!keyed && first_chunk) RETURN_IF_ERROR(TestReinsertion(connection, oid, table));
  if (keyed) connection.Defer({std::string(kSortMemory)});
  connection.Defer({std::string(kRowLockTimeout)});
  const absl::Status applied = keyed ? connection.Execute(Upsert(table, load))
                                     : Replace(connection, table, load, first_chunk);
  RETURN_IF_ERROR(ExplainStatement(applied));
  return TestDeferredConstraints(connection);
}

absl::StatusOr<StagedKeys> ReadStagedKeys(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& load) {
  const schema::KeyOrder key = ReplicationKeyOf(load.plan);
  const int version = connection.server_version();
  const auto greatest = [&](const std::string& condition) {
    return absl::StrCat("(SELECT ", key.expression(), " FROM ", kStaging, " WHERE ", condition,
                        " ORDER BY 1 DESC LIMIT 1)");
  };
  const std::string bounded =
      load.plan.has_horizon()
          ? absl::StrCat("LEAST(finite, ", key.Constant(load.plan.horizon()), ")")
          : "finite";
  // The bookmark never goes back, and rows whose keys count for nothing don't move it.
  const std::string bookmark =
      state.bookmark
          ? absl::StrCat("CASE WHEN finite IS NULL THEN ", key.Constant(*state.bookmark),
                         " ELSE GREATEST(", key.Constant(*state.bookmark), ", ", bounded, ") END")
          : absl::StrCat("CASE WHEN finite IS NOT NULL THEN ", bounded, " END");
  // Each OFFSET keeps PostgreSQL from looking for a value again wherever it is used.
  ASSIGN_OR_RETURN(
      const postgres::Result row,
      connection.Query(absl::StrCat(
          "SELECT last::pg_catalog.text, (", bookmark,
          ")::pg_catalog.text FROM (SELECT last, CASE WHEN last IS NULL OR ",
          key.Of("last").IsFinite(version), " THEN last ELSE ", greatest(key.IsFinite(version)),
          " END AS finite FROM (SELECT ", greatest(absl::StrCat(key.expression(), " IS NOT NULL")),
          " AS last OFFSET 0) AS greatest OFFSET 0) AS keys")));
  return StagedKeys{.last_key = row.Optional(0, 0), .bookmark = row.Optional(0, 1)};
}

}  // namespace lockstitch::loader

#include "services/loader/destination/load_table.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "postgres/quote.h"
#include "postgres/transaction.h"
#include "rpc/timestamp.h"
#include "schema/destination_names.h"
#include "services/loader/destination/replication_key.h"
#include "services/loader/destination/state_schema.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteLiteral;
using postgres::QuoteQualified;

// $1 schema. Asked first, since CREATE SCHEMA IF NOT EXISTS demands the privilege even where
// nothing is to be made.
constexpr absl::string_view kSchemaExists =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)";

// $1 qualified, quoted name.
constexpr absl::string_view kOidOf = "SELECT $1::pg_catalog.regclass::pg_catalog.oid";

// $1 the table's OID, $2 its name. Loaders' own sessions only, and only while the table isn't
// published: a reader's or autovacuum's lock is waited for.
constexpr absl::string_view kEndOtherLoaders = R"sql(
SELECT pg_catalog.pg_terminate_backend(l.pid)
FROM pg_catalog.pg_locks l
     JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = current_database()
     JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relname = $2 AND
          c.relnamespace = '_lockstitch'::pg_catalog.regnamespace
     JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid AND a.usename = current_user AND
          a.application_name LIKE 'lockstitch loader%'
WHERE l.locktype = 'relation' AND l.relation = $1::oid AND l.pid <> pg_catalog.pg_backend_pid())sql";

constexpr absl::string_view kLockTimeout = "SET LOCAL lock_timeout = '5s'";

// Until the transaction ends. An index is sorted by the session and a worker beside it only if each
// has 32 MB; more than that made no index faster, and those of integers slower.
constexpr absl::string_view kIndexMemory = R"sql(
SELECT pg_catalog.set_config('maintenance_work_mem', '64MB', true)
WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) < 67108864)sql";

// $1 name, $2 the table's OID.
constexpr absl::string_view kStillThere =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE oid = $2::oid AND relname = $1)";

// $1 the table's OID.
constexpr absl::string_view kHasKey =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_index WHERE indrelid = $1::oid AND indisprimary)";
constexpr absl::string_view kDefaults =
    "SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::oid AND a.atthasdef "
    "AND NOT a.attisdropped";

// $1 the table's OID. Indexes, and the constraints that have made them.
constexpr absl::string_view kIndexes = R"sql(
SELECT c.relname, k.conname
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
WHERE i.indrelid = $1::oid)sql";

// From here on the server keeps what a new column holds in the rows that are there, instead of
// writing it to each of them.
constexpr int kFirstToKeepDefaults = 110000;

std::string Qualified(const std::string& load_table) {
  return QuoteQualified(schema::kStateSchema, load_table);
}

std::string DefaultOf(absl::string_view system_column, const v1::SystemValues& values) {
  const absl::Time extracted_at = rpc::FromTimestamp(values.extracted_at());
  if (system_column == "_sdc_received_at") {
    return QuoteLiteral(
        absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", extracted_at, absl::UTCTimeZone()));
  }
  if (system_column == "_sdc_batched_at") return "pg_catalog.now()";
  if (system_column == "_sdc_sequence") return absl::StrCat(absl::ToUnixNanos(extracted_at));
  return absl::StrCat(values.table_version());
}

// SQL: whether the last snapshot has shown the row, or would have. What was at or past the horizon
// of the first one, or had no replication key, has been read again since; the rest stays as it was.
std::string IsOfLastSnapshot(const LoadRecord& load, const schema::KeyOrder& key) {
  std::string condition = absl::StrCat("(_lockstitch_fence = ", load.fence);
  if (load.plan.has_horizon())
    absl::StrAppend(&condition, " OR ", key.expression(), " < ", key.Constant(load.plan.horizon()));
  return absl::StrCat(condition, ") IS TRUE");
}

// What the COPY fills.
std::vector<std::string> LoadedColumns(const v1::LoadPlan& plan,
                                       const std::vector<std::string>& not_null = {}) {
  std::vector<std::string> definitions;
  for (const v1::ColumnMapping& column : plan.columns()) {
    const std::string& name = column.destination_column();
    const bool may_be_null = std::find(not_null.begin(), not_null.end(), name) == not_null.end();
    definitions.push_back(absl::StrCat(QuoteIdentifier(name), " ", column.destination_type(),
                                       may_be_null ? "" : " NOT NULL"));
  }
  return definitions;
}

void AddSystemColumns(const v1::LoadPlan& plan, std::vector<std::string>* definitions) {
  for (const schema::SystemColumn& column : schema::SystemColumnsOf(plan.system().columns())) {
    definitions->push_back(absl::StrCat(QuoteIdentifier(column.name), " ", column.sql_type,
                                        " DEFAULT ", DefaultOf(column.name, plan.system())));
  }
}

// What readers find in the table besides, though no row of the load has it.
void AddKeptColumns(const v1::LoadPlan& plan, std::vector<std::string>* definitions) {
  if (plan.marks_deletes())
    definitions->push_back(absl::StrCat(schema::kDeletedAtColumn, " timestamptz"));
  for (const v1::RetiredColumn& column : plan.retired()) {
    definitions->push_back(
        absl::StrCat(QuoteIdentifier(column.destination_column()), " ", column.destination_type()));
  }
}

// Whether the columns that no COPY fills come when all rows are there, which then needn't hold
// them. Rows of a first load may come from several runs, which their system columns tell.
bool AddsColumnsLast(const postgres::Connection& connection, const v1::LoadPlan& plan) {
  return plan.mode() == v1::LOAD_MODE_REPLACE &&
         connection.server_version() >= kFirstToKeepDefaults;
}

absl::StatusOr<bool> HasSchema(postgres::Connection& connection, const std::string& schema) {
  ASSIGN_OR_RETURN(const postgres::Result exists, connection.Query(kSchemaExists, {schema}));
  return exists.Bool(0, 0);
}

// Loads of other streams wait for each other only where the schema is to be made.
absl::Status EnsureSchema(postgres::Connection& connection, const std::string& schema) {
  ASSIGN_OR_RETURN(bool there, HasSchema(connection, schema));
  if (there) return absl::OkStatus();
  RETURN_IF_ERROR(LockSchemas(connection));
  ASSIGN_OR_RETURN(there, HasSchema(connection, schema));
  if (there) return absl::OkStatus();
  return connection.Execute(absl::StrCat("CREATE SCHEMA ", QuoteIdentifier(schema)));
}

void AppendQuoted(std::string* out, const std::string& name) { out->append(QuoteIdentifier(name)); }

}  // namespace

std::string LoadTableName(int64_t stream_id, int64_t load_id) {
  return absl::StrCat("_lockstitch_load_", stream_id, "_", load_id);
}

std::string QuotedLoadTable(const LoadRecord& load) { return Qualified(load.load_table); }

std::string ColumnDefinitions(const v1::LoadPlan& plan) {
  std::vector<std::string> definitions = LoadedColumns(plan);
  AddSystemColumns(plan, &definitions);
  return absl::StrJoin(definitions, ", ");
}

absl::StatusOr<int64_t> CreateLoadTable(postgres::Connection& connection, const std::string& schema,
                                        const LoadRecord& load) {
  RETURN_IF_ERROR(EnsureSchema(connection, schema));
  // Made where it will be published, for that schema's default privileges, then put out of sight.
  const std::string made = QuoteQualified(schema, load.load_table);
  std::vector<std::string> columns = LoadedColumns(load.plan, load.key_columns);
  if (!AddsColumnsLast(connection, load.plan)) {
    AddSystemColumns(load.plan, &columns);
    AddKeptColumns(load.plan, &columns);
  }
  ASSIGN_OR_RETURN(const std::vector<postgres::Result> answers,
                   connection.QueryAll({{absl::StrCat("CREATE TABLE ", made, " (",
                                                      absl::StrJoin(columns, ", "), ")")},
                                        {absl::StrCat("ALTER TABLE ", made, " SET SCHEMA ",
                                                      QuoteIdentifier(schema::kStateSchema))},
                                        {std::string(kOidOf), {QuotedLoadTable(load)}}}));
  return answers.back().Int(0, 0);
}

std::string CopyInto(const std::string& table, const v1::LoadPlan& plan) {
  std::vector<std::string> columns;
  for (const v1::ColumnMapping& column : plan.columns()) {
    columns.push_back(QuoteIdentifier(column.destination_column()));
  }
  return absl::StrCat("COPY ", table, " (", absl::StrJoin(columns, ", "),
                      ") FROM STDIN (FORMAT binary)");
}

absl::Status MakeRoomForClosing(postgres::Connection& connection, const LoadRecord& load) {
  const schema::KeyOrder key = ReplicationKeyOf(load.plan);
  std::string condition = absl::StrCat(key.expression(), " IS NULL");
  if (load.plan.has_horizon())
    absl::StrAppend(&condition, " OR ", key.expression(),
                    " >= ", key.Constant(load.plan.horizon()));
  return connection.Execute(
      absl::StrCat("DELETE FROM ", QuotedLoadTable(load), " WHERE ", condition));
}

absl::Status LeaveNewest(postgres::Connection& connection, const LoadRecord& load) {
  const std::string table = QuotedLoadTable(load);
  const schema::KeyOrder key = ReplicationKeyOf(load.plan);
  // A range's rows and the record of its chunk have the same writer. Rows without one got values of
  // retired columns when an earlier run was about to publish, and are older than all others. Users'
  // columns have other names.
  const std::string writers = absl::StrCat(
      "(SELECT c.xmin AS _lockstitch_writer, c.fence AS _lockstitch_fence, r.closing AS "
      "_lockstitch_closing FROM _lockstitch.chunks c JOIN _lockstitch.ranges r USING (stream_id, "
      "load_id, range) WHERE stream_id = ",
      load.stream_id, " AND load_id = ", load.load_id, ") AS writers");
  const std::string by_key = absl::StrCat(
      " OVER (PARTITION BY ", absl::StrJoin(load.key_columns, ", ", AppendQuoted), " ORDER BY ");
  const std::string rank =
      load.plan.duplicate_keys()
          ? absl::StrCat("pg_catalog.row_number()", by_key, IsOfLastSnapshot(load, key), " DESC, ",
                         key.expression(),
                         " DESC NULLS LAST, _lockstitch_fence DESC NULLS LAST, loaded.ctid)")
          // Of one snapshot only the closing range reads rows a second time. Others that have one
          // key stay where they are not meant to, and fail with the key.
          : absl::StrCat("pg_catalog.rank()", by_key,
                         "_lockstitch_fence DESC NULLS LAST, _lockstitch_closing DESC)");
  return connection.Execute(absl::StrCat(
      "DELETE FROM ", table, " AS stale USING (SELECT loaded.ctid AS place, ", rank,
      " AS rank FROM ", table, " AS loaded LEFT JOIN ", writers,
      " ON _lockstitch_writer = loaded.xmin) AS ranked WHERE stale.ctid = ranked.place AND "
      "ranked.rank > 1"));
}

absl::StatusOr<std::optional<std::string>> BookmarkOf(postgres::Connection& connection,
                                                      const LoadRecord& load) {
  const schema::KeyOrder key = ReplicationKeyOf(load.plan);
  const std::string greatest =
      absl::StrCat("SELECT ", key.expression(), " AS key FROM ", QuotedLoadTable(load), " WHERE ",
                   key.IsFinite(connection.server_version()), " ORDER BY 1 DESC LIMIT 1");
  const std::string bounded =
      load.plan.has_horizon() ? absl::StrCat("LEAST(key, ", key.Constant(load.plan.horizon()), ")")
                              : "key";
  ASSIGN_OR_RETURN(const postgres::Result found,
                   connection.Query(absl::StrCat("SELECT (", bounded, ")::pg_catalog.text FROM (",
                                                 greatest, ") AS top")));
  if (found.empty()) return std::nullopt;
  return found.Optional(0, 0);
}

absl::Status EndOtherLoaders(postgres::Connection& connection, const std::string& name,
                             int64_t oid) {
  return connection.Execute(kEndOtherLoaders, {absl::StrCat(oid), name});
}

absl::Status DropLoadTable(postgres::Connection& connection, const std::string& name, int64_t oid) {
  RETURN_IF_ERROR(EndOtherLoaders(connection, name, oid));
  ASSIGN_OR_RETURN(const postgres::Result there,
                   connection.Query(kStillThere, {name, absl::StrCat(oid)}));
  if (!there.Bool(0, 0)) return absl::OkStatus();
  postgres::Transaction transaction = postgres::Transaction::Begin(connection);
  RETURN_IF_ERROR(connection.Execute(kLockTimeout));
  RETURN_IF_ERROR(connection.Execute(absl::StrCat("DROP TABLE IF EXISTS ", Qualified(name))));
  return transaction.Commit();
}

absl::Status WithoutLoadTable(const absl::Status& failure, const LoadRecord& load) {
  return WithMessage(
      failure, absl::StrReplaceAll(failure.message(), {{load.load_table, load.destination_table}}));
}

absl::Status FinishTable(postgres::Connection& connection, const LoadRecord& load) {
  const std::string oid = absl::StrCat(load.load_oid);
  const std::string alter = absl::StrCat("ALTER TABLE ", Qualified(load.load_table), " ");
  connection.Defer({std::string(kIndexMemory)});
  connection.Defer({std::string(kLockTimeout)});
  std::vector<std::string> added;
  if (AddsColumnsLast(connection, load.plan)) {
    AddSystemColumns(load.plan, &added);
    AddKeptColumns(load.plan, &added);
  }
  if (!added.empty())
    connection.Defer({absl::StrCat(alter, "ADD COLUMN IF NOT EXISTS ",
                                   absl::StrJoin(added, ", ADD COLUMN IF NOT EXISTS "))});
  ASSIGN_OR_RETURN(
      const std::vector<postgres::Result> answers,
      connection.QueryAll({{std::string(kDefaults), {oid}}, {std::string(kHasKey), {oid}}}));
  const postgres::Result &defaults = answers[0], &key = answers[1];
  std::vector<std::string> dropped;
  for (int row = 0; row < defaults.rows(); ++row)
    dropped.push_back(
        absl::StrCat("ALTER COLUMN ", QuoteIdentifier(defaults.Text(row, 0)), " DROP DEFAULT"));
  if (!dropped.empty())
    RETURN_IF_ERROR(connection.Execute(absl::StrCat(alter, absl::StrJoin(dropped, ", "))));
  if (load.key_columns.empty() || key.Bool(0, 0)) return absl::OkStatus();
  return connection.Execute(absl::StrCat(alter, "ADD PRIMARY KEY (",
                                         absl::StrJoin(load.key_columns, ", ", AppendQuoted), ")"));
}

absl::Status LockLoadTable(postgres::Connection& connection, const LoadRecord& load) {
  connection.Defer({std::string(kLockTimeout)});
  return connection.Execute(
      absl::StrCat("LOCK TABLE ", QuotedLoadTable(load), " IN ACCESS EXCLUSIVE MODE"));
}

absl::Status ReopenTable(postgres::Connection& connection, const LoadRecord& load) {
  const std::string table = QuotedLoadTable(load);
  RETURN_IF_ERROR(LockLoadTable(connection, load));
  ASSIGN_OR_RETURN(const postgres::Result indexes,
                   connection.Query(kIndexes, {absl::StrCat(load.load_oid)}));
  for (int row = 0; row < indexes.rows(); ++row) {
    RETURN_IF_ERROR(connection.Execute(
        indexes.IsNull(row, 1) ? absl::StrCat("DROP INDEX ", Qualified(indexes.String(row, 0)))
                               : absl::StrCat("ALTER TABLE ", table, " DROP CONSTRAINT ",
                                              QuoteIdentifier(indexes.Text(row, 1)))));
  }
  for (const schema::SystemColumn& column : schema::SystemColumnsOf(load.plan.system().columns())) {
    RETURN_IF_ERROR(connection.Execute(absl::StrCat("ALTER TABLE ", table, " ALTER COLUMN ",
                                                    QuoteIdentifier(column.name), " SET DEFAULT ",
                                                    DefaultOf(column.name, load.plan.system()))));
  }
  return absl::OkStatus();
}

}  // namespace lockstitch::loader

#include "services/loader/destination/deletes.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "services/loader/destination/changes.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/table_statements.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;
using schema::kDeletedAtColumn;

// $1 the table's OID, $2 the key's columns in their order. The first column, its type as SQL, and
// the operator by which the key's index tells equal values: an extension's, or a user's, is found
// nowhere by its name alone.
constexpr absl::string_view kKeyColumns = R"sql(
SELECT a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod) ||
         coalesce(' COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname), ''),
       'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')'
FROM (SELECT c.conindid
      FROM pg_catalog.pg_constraint c
      WHERE c.conrelid = $1::oid AND c.contype IN ('p', 'u') AND NOT c.condeferrable AND
            ARRAY(SELECT a.attname::text
                  FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
                  ORDER BY k.place) = $2::text[]
      ORDER BY c.contype LIMIT 1) AS key
     JOIN pg_catalog.pg_index i ON i.indexrelid = key.conindid
     CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indclass::oid[]))
       WITH ORDINALITY AS k(number, opclass, place)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
     JOIN pg_catalog.pg_opclass oc ON oc.oid = k.opclass
     JOIN pg_catalog.pg_amop am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3 AND am.amoppurpose = 's' AND
          am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype
     JOIN pg_catalog.pg_operator o ON o.oid = am.amopopr
     JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
     LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
     LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
ORDER BY k.place)sql";

// Of rows, which users may have locked.
constexpr absl::string_view kRowLockTimeout = "SET LOCAL lock_timeout = '30s'";

// $1 stream, $2 load, $3 whether it has compared keys.
constexpr absl::string_view kSetComparedAt = R"sql(
UPDATE _lockstitch.streams
SET deletes_found_at = (SELECT begun_at FROM _lockstitch.loads WHERE stream_id = $1 AND load_id = $2 AND $3)
WHERE stream_id = $1)sql";

// $1 stream, $2 load.
constexpr absl::string_view kCompared = R"sql(
SELECT pg_catalog.sum(c.rows)::pg_catalog.int8, pg_catalog.sum(c.unseen)::pg_catalog.int8
FROM _lockstitch.chunks c JOIN _lockstitch.ranges r USING (stream_id, load_id, range)
WHERE stream_id = $1 AND load_id = $2 AND r.keys)sql";

struct KeyColumn {
  std::string name;  // Quoted.
  std::string type;
  std::string equals;
};

absl::StatusOr<std::vector<KeyColumn>> ReadKey(postgres::Connection& connection,
                                               const StreamState& state, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const int64_t oid,
                   FindDestinationTable(connection, state, load.destination_table));
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      connection.Query(kKeyColumns, {absl::StrCat(oid), postgres::ArrayText(load.key_columns)}));
  std::vector<KeyColumn> key;
  for (int row = 0; row < rows.rows(); ++row) {
    key.push_back({.name = QuoteIdentifier(rows.Text(row, 0)),
                   .type = rows.String(row, 1),
                   .equals = rows.String(row, 2)});
  }
  if (!key.empty() && key.size() == load.key_columns.size()) return key;
  return Error(Reason::kDestinationConflict,
               absl::StrCat("the destination table ", load.plan.destination_table(),
                            " has lost its primary key, or is gone"));
}

// SQL: whether a row of `one` has the key of the row of the table or alias `other`.
std::string HasKeyIn(const std::string& one, absl::string_view other,
                     const std::vector<KeyColumn>& key) {
  const auto equal = [&](std::string* out, const KeyColumn& column) {
    absl::StrAppend(out, "theirs.", column.name, " ", column.equals, " ", other, ".", column.name);
  };
  return absl::StrCat("EXISTS (SELECT 1 FROM ", one, " AS theirs WHERE ",
                      absl::StrJoin(key, " AND ", equal), ")");
}

absl::StatusOr<int64_t> Count(postgres::Connection& connection, const std::string& query) {
  ASSIGN_OR_RETURN(const postgres::Result counted, connection.Query(query));
  return counted.Int(0, 0);
}

std::string Counted(const std::string& statement) {
  return absl::StrCat("WITH touched AS (", statement, " RETURNING 1) SELECT count(*) FROM touched");
}

}  // namespace

absl::StatusOr<std::string> CreateKeyStaging(postgres::Connection& connection,
                                             const StreamState& state, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const std::vector<KeyColumn> key, ReadKey(connection, state, load));
  const auto definition = [](std::string* out, const KeyColumn& column) {
    absl::StrAppend(out, column.name, " ", column.type);
  };
  return CreateTemporary(connection, absl::StrJoin(key, ", ", definition));
}

std::string CopyKeysInto(const std::string& staging, const v1::LoadPlan& plan) {
  const auto name = [](std::string* out, const v1::ColumnMapping& column) {
    out->append(QuoteIdentifier(column.destination_column()));
  };
  return absl::StrCat("COPY ", staging, " (", absl::StrJoin(plan.keys(), ", ", name),
                      ") FROM STDIN (FORMAT binary)");
}

absl::StatusOr<ChunkOutcome> ApplyDeletes(postgres::Connection& connection,
                                          const StreamState& state, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const std::vector<KeyColumn> key, ReadKey(connection, state, load));
  const std::string staging(kStaging);
  const std::string table = QuoteQualified(state.schema, load.destination_table);
  const std::string is_there = HasKeyIn(staging, "ours", key);
  RETURN_IF_ERROR(TestStatements(connection, state.destination_oid, table));
  RETURN_IF_ERROR(connection.Execute(absl::StrCat("ANALYZE ", staging)));
  RETURN_IF_ERROR(connection.Execute(kRowLockTimeout));

  ChunkOutcome outcome;
  const bool deletes = load.plan.settings().deletes().action() == v1::DELETE_ACTION_DELETE;
  const absl::StatusOr<int64_t> deleted = Count(
      connection,
      Counted(deletes ? absl::StrCat("DELETE FROM ONLY ", table, " AS ours WHERE NOT ", is_there)
                      : absl::StrCat("UPDATE ONLY ", table, " AS ours SET ", kDeletedAtColumn,
                                     " = pg_catalog.now() WHERE ", kDeletedAtColumn,
                                     " IS NULL AND NOT ", is_there)));
  if (!deleted.ok()) return ExplainStatement(deleted.status());
  outcome.deleted = *deleted;
  if (load.plan.marks_deletes()) {
    RETURN_IF_ERROR(ExplainStatement(connection.Execute(
        absl::StrCat("UPDATE ONLY ", table, " AS ours SET ", kDeletedAtColumn, " = NULL WHERE ",
                     kDeletedAtColumn, " IS NOT NULL AND ", is_there))));
  }
  RETURN_IF_ERROR(TestDeferredConstraints(connection));
  const auto name = [](std::string* out, const KeyColumn& column) { out->append(column.name); };
  ASSIGN_OR_RETURN(outcome.unseen,
                   Count(connection, absl::StrCat("SELECT count(*) FROM (SELECT DISTINCT ",
                                                  absl::StrJoin(key, ", ", name), " FROM ", staging,
                                                  " AS sent WHERE NOT ",
                                                  HasKeyIn(table, "sent", key), ") AS unseen")));
  return outcome;
}

absl::Status RecordComparison(postgres::Connection& connection, const LoadRecord& load,
                              v1::LoadResult* result) {
  const std::string stream = absl::StrCat(load.stream_id), id = absl::StrCat(load.load_id);
  const bool compared = !load.plan.keys().empty();
  if (compared || load.plan.mode() != v1::LOAD_MODE_CHANGES)
    RETURN_IF_ERROR(connection.Execute(kSetComparedAt, {stream, id, compared ? "t" : "f"}));
  if (!compared) return absl::OkStatus();
  ASSIGN_OR_RETURN(const postgres::Result sums, connection.Query(kCompared, {stream, id}));
  const bool deletes = load.plan.settings().deletes().action() == v1::DELETE_ACTION_DELETE;
  result->add_notes(absl::StrCat(
      "compared ", sums.Int(0, 0), " keys of the source: ", result->deleted(),
      " rows were deleted there, and are ",
      deletes ? "deleted here" : absl::StrCat("marked in ", kDeletedAtColumn), " now"));
  if (const int64_t unseen = sums.Int(0, 1); unseen > 0) {
    result->add_notes(absl::StrCat(unseen, " keys of the source are not in ",
                                   load.plan.destination_table(), ": those rows came with a ",
                                   load.plan.replication_key(),
                                   " that is NULL, or below the bookmark; a reset loads them"));
  }
  return absl::OkStatus();
}

}  // namespace lockstitch::loader

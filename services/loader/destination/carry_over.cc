#include "services/loader/destination/carry_over.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "schema/destination_names.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;

// $1 a table's OID. Its users' indexes: OID, name, uniqueness, and the definition from the access
// method on. Keys come with their constraints. The definition begins as composed here, whatever its
// names hold.
constexpr absl::string_view kIndexes = R"sql(
SELECT c.oid, c.relname, i.indisunique,
       pg_catalog.substr(pg_catalog.pg_get_indexdef(c.oid), 1 + pg_catalog.length(pg_catalog.format(
           'CREATE %sINDEX %I ON %s USING ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
           i.indrelid::pg_catalog.regclass)))
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = $1::oid AND i.indisvalid AND
      NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY c.oid)sql";

// $1 new table's OID, $2 its qualified, quoted name. One statement a row. What default privileges
// have granted, since to its users the table is one that is there already: it has what they have
// left on the old one.
constexpr absl::string_view kDefaultGrants = R"sql(
SELECT DISTINCT pg_catalog.format('REVOKE ALL ON %s FROM %s CASCADE', $2::text,
                                  CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END)
FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) g
WHERE c.oid = $1::oid AND g.grantee <> c.relowner)sql";

// $1 old table's OID, $2 new table's qualified, quoted name. One statement a row. An owner has its
// rights without a grant.
constexpr absl::string_view kGrantsAndComments = R"sql(
SELECT pg_catalog.format('GRANT %s ON %s TO %s%s', g.privilege_type, $2::text,
                         CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END,
                         CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) g
WHERE c.oid = $1::oid AND g.grantee <> c.relowner
UNION ALL
SELECT pg_catalog.format('GRANT %s (%I) ON %s TO %s%s', g.privilege_type, a.attname, $2::text,
                         CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text END,
                         CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     JOIN pg_catalog.pg_attribute kept ON kept.attrelid = $2::pg_catalog.regclass AND kept.attname = a.attname
     CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) g
WHERE a.attrelid = $1::oid AND NOT a.attisdropped AND NOT kept.attisdropped AND g.grantee <> c.relowner
UNION ALL
SELECT pg_catalog.format('COMMENT ON TABLE %s IS %L', $2::text, d.description)
FROM pg_catalog.pg_description d
WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = $1::oid AND d.objsubid = 0
UNION ALL
SELECT pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', $2::text, a.attname, d.description)
FROM pg_catalog.pg_description d
     JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
     JOIN pg_catalog.pg_attribute kept ON kept.attrelid = $2::pg_catalog.regclass AND kept.attname = a.attname
WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = $1::oid AND NOT a.attisdropped AND
      NOT kept.attisdropped)sql";

// $1 old table's OID, $2 new table's qualified, quoted name. One statement a row. Columns of
// another type have no use for what was set for the old one's values.
constexpr absl::string_view kParameters = R"sql(
WITH kept AS (
  SELECT a.*, pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET ', $2::text, a.attname) AS alter_column
  FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_attribute kept
            ON kept.attrelid = $2::pg_catalog.regclass AND kept.attname = a.attname AND kept.atttypid = a.atttypid
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT kept.attisdropped)
SELECT alter_column || pg_catalog.format('STATISTICS %s', attstattarget) FROM kept WHERE attstattarget >= 0
UNION ALL
SELECT alter_column || pg_catalog.format('(%s = %L)', pg_catalog.split_part(option, '=', 1),
                                         pg_catalog.substr(option, 1 + pg_catalog.strpos(option, '=')))
FROM kept CROSS JOIN LATERAL pg_catalog.unnest(attoptions) AS option
WHERE option LIKE 'n\_distinct%'
UNION ALL
SELECT alter_column || 'STORAGE ' ||
       CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END
FROM kept JOIN pg_catalog.pg_type t ON t.oid = atttypid WHERE attstorage <> t.typstorage
UNION ALL
SELECT alter_column || pg_catalog.format('DEFAULT %s', pg_catalog.pg_get_expr(d.adbin, d.adrelid))
FROM kept JOIN pg_catalog.pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
UNION ALL
SELECT pg_catalog.format('ALTER TABLE %s SET (%s%s = %L)', $2::text, prefix, pg_catalog.split_part(option, '=', 1),
                         pg_catalog.substr(option, 1 + pg_catalog.strpos(option, '=')))
FROM (SELECT '' AS prefix, pg_catalog.unnest(reloptions) AS option FROM pg_catalog.pg_class WHERE oid = $1::oid
      UNION ALL SELECT 'toast.', pg_catalog.unnest(o.reloptions)
      FROM pg_catalog.pg_class t JOIN pg_catalog.pg_class o ON o.oid = t.reltoastrelid WHERE t.oid = $1::oid
     ) options)sql";

// $1 old table's OID. One statement a row, statistics before what is said of them. What not every
// version has is read from the row as a document.
constexpr absl::string_view kRest = R"sql(
WITH indexes AS (
  SELECT i.*, c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indrelid = $1::oid),
objects AS (
  SELECT s.oid, pg_catalog.format('%I.%I', n.nspname, s.stxname) AS name,
         (pg_catalog.to_jsonb(s) ->> 'stxstattarget')::pg_catalog.int4 AS target
  FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
  WHERE s.stxrelid = $1::oid)
SELECT statement FROM (
  SELECT 1 AS place, pg_catalog.pg_get_statisticsobjdef(oid) AS statement FROM objects
  UNION ALL SELECT 2, pg_catalog.format('ALTER STATISTICS %s SET STATISTICS %s', name, target)
  FROM objects WHERE target >= 0
  UNION ALL SELECT 2, pg_catalog.format('COMMENT ON STATISTICS %s IS %L', name, d.description)
  FROM objects JOIN pg_catalog.pg_description d
       ON d.classoid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND d.objoid = oid
  UNION ALL SELECT 3, pg_catalog.format('COMMENT ON INDEX %s IS %L', name, d.description)
  FROM indexes JOIN pg_catalog.pg_description d
       ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = indexrelid AND d.objsubid = 0
  UNION ALL SELECT 3, pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', name, a.attnum, a.attstattarget)
  FROM indexes JOIN pg_catalog.pg_attribute a ON a.attrelid = indexrelid AND a.attstattarget >= 0
  UNION ALL SELECT 4, pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s', t.oid::pg_catalog.regclass,
                                        CASE t.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
                                        ELSE pg_catalog.format('USING INDEX %I', i.relname) END)
  FROM pg_catalog.pg_class t LEFT JOIN indexes i ON i.indisreplident
  WHERE t.oid = $1::oid AND t.relreplident <> 'd'
  UNION ALL SELECT 4, pg_catalog.format('ALTER TABLE %s CLUSTER ON %I', indrelid::pg_catalog.regclass, relname)
  FROM indexes WHERE indisclustered
) statements WHERE statement IS NOT NULL ORDER BY place, statement)sql";

// Of the load table's index that is to take the place of that one.
std::string IndexName(const LoadRecord& load, int64_t old_index) {
  return absl::StrCat(load.load_table, "_index_", old_index);
}

std::vector<UsersIndex> IndexesOf(const postgres::Result& rows) {
  std::vector<UsersIndex> indexes;
  for (int row = 0; row < rows.rows(); ++row)
    indexes.push_back({.oid = rows.Int(row, 0), .name = rows.String(row, 1)});
  return indexes;
}

// Whether a statement has failed because what it names is gone, or is of another type now; or
// because it isn't permitted.
bool IsRefused(const absl::Status& failure) {
  const std::string state = postgres::SqlStateOf(failure);
  return absl::StartsWith(state, "42") || absl::StartsWith(state, "0A");
}
bool HasLostItsColumns(const absl::Status& failure) {
  return IsRefused(failure) && postgres::SqlStateOf(failure) != postgres::kInsufficientPrivilege;
}

// Runs a statement that may fail so. What is then to be said of it; empty if it went well.
absl::StatusOr<std::string> RunIfPossible(postgres::Connection& connection,
                                          const std::string& statement,
                                          bool (*is_bearable)(const absl::Status&)) {
  RETURN_IF_ERROR(connection.Execute("SAVEPOINT possible"));
  const absl::Status done = connection.Execute(statement);
  if (done.ok()) {
    RETURN_IF_ERROR(connection.Execute("RELEASE SAVEPOINT possible"));
    return std::string();
  }
  if (!is_bearable(done)) return done;
  RETURN_IF_ERROR(connection.Execute("ROLLBACK TO SAVEPOINT possible"));
  return std::string(done.message());
}

std::vector<std::string> FirstColumn(const postgres::Result& rows) {
  std::vector<std::string> values;
  for (int row = 0; row < rows.rows(); ++row) values.push_back(rows.String(row, 0));
  return values;
}

// Of the load table those that were built for indexes which aren't among `wanted`.
absl::Status DropStaleIndexes(postgres::Connection& connection, const LoadRecord& load,
                              const std::vector<UsersIndex>& wanted) {
  std::set<std::string> names;
  for (const UsersIndex& index : wanted) names.insert(IndexName(load, index.oid));
  ASSIGN_OR_RETURN(const postgres::Result built,
                   connection.Query(kIndexes, {absl::StrCat(load.load_oid)}));
  for (const UsersIndex& index : IndexesOf(built)) {
    if (names.count(index.name) > 0) continue;
    RETURN_IF_ERROR(connection.Execute(
        absl::StrCat("DROP INDEX ", QuoteQualified(schema::kStateSchema, index.name))));
  }
  return absl::OkStatus();
}

absl::Status RunAll(postgres::Connection& connection, const postgres::Result& statements) {
  for (const std::string& statement : FirstColumn(statements))
    RETURN_IF_ERROR(connection.Execute(statement));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BuiltIndexes> BuildIndexes(postgres::Connection& connection, int64_t old_oid,
                                          const LoadRecord& load) {
  ASSIGN_OR_RETURN(const postgres::Result indexes,
                   connection.Query(kIndexes, {absl::StrCat(old_oid)}));
  BuiltIndexes built = {.of = IndexesOf(indexes)};
  RETURN_IF_ERROR(DropStaleIndexes(connection, load, built.of));
  for (int row = 0; row < indexes.rows(); ++row) {
    const UsersIndex& index = built.of[row];
    const absl::StatusOr<std::string> lost = RunIfPossible(
        connection,
        absl::StrCat("CREATE ", indexes.Bool(row, 2) ? "UNIQUE " : "", "INDEX IF NOT EXISTS ",
                     QuoteIdentifier(IndexName(load, index.oid)), " ON ",
                     QuoteQualified(schema::kStateSchema, load.load_table), " USING ",
                     indexes.Text(row, 3)),
        HasLostItsColumns);
    if (postgres::SqlStateOf(lost.status()) == postgres::kUniqueViolation) {
      return Error(Reason::kDestinationConstraintViolated,
                   absl::StrCat("unique index ", index.name,
                                " of the destination table: ", lost.status().message()));
    }
    RETURN_IF_ERROR(lost.status());
    if (!lost->empty())
      built.notes.push_back(absl::StrCat("index ", index.name, " is gone: ", *lost));
  }
  return built;
}

absl::StatusOr<std::vector<std::string>> CopyProperties(postgres::Connection& connection,
                                                        int64_t old_oid, const LoadRecord& load) {
  const std::string table = QuoteQualified(schema::kStateSchema, load.load_table);
  const std::string old = absl::StrCat(old_oid);
  ASSIGN_OR_RETURN(
      const std::vector<postgres::Result> answers,
      connection.QueryAll({{std::string(kDefaultGrants), {absl::StrCat(load.load_oid), table}},
                           {std::string(kGrantsAndComments), {old, table}},
                           {std::string(kParameters), {old, table}},
                           {std::string(kRest), {old}}}));
  const postgres::Result& rest = answers.back();
  for (const postgres::Result& statements : answers) {
    if (&statements == &rest) continue;
    RETURN_IF_ERROR(RunAll(connection, statements));
  }
  return FirstColumn(rest);
}

absl::StatusOr<std::vector<std::string>> RunRest(postgres::Connection& connection,
                                                 const std::vector<std::string>& statements) {
  std::vector<std::string> notes;
  for (const std::string& statement : statements) {
    ASSIGN_OR_RETURN(const std::string lost, RunIfPossible(connection, statement, IsRefused));
    if (!lost.empty())
      notes.push_back(absl::StrCat("not carried over to the new table: ", statement, ": ", lost));
  }
  return notes;
}

absl::StatusOr<std::vector<UsersIndex>> TestIndexes(postgres::Connection& connection,
                                                    int64_t old_oid,
                                                    const std::vector<UsersIndex>& built) {
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   connection.Query(kIndexes, {absl::StrCat(old_oid)}));
  std::vector<UsersIndex> indexes = IndexesOf(rows);
  const auto same = [](const UsersIndex& one, const UsersIndex& other) {
    return one.oid == other.oid;
  };
  if (std::equal(indexes.begin(), indexes.end(), built.begin(), built.end(), same)) return indexes;
  return Error(
      Reason::kDestinationTableLocked,
      "indexes of the destination table were made or dropped while they were built for the "
      "table that takes its place");
}

absl::Status TakeIndexNames(postgres::Connection& connection, const std::string& schema,
                            const LoadRecord& load, const std::vector<UsersIndex>& indexes) {
  for (const UsersIndex& index : indexes) {
    // One that has lost its columns has no successor.
    RETURN_IF_ERROR(connection.Execute(
        absl::StrCat("ALTER INDEX IF EXISTS ", QuoteQualified(schema, IndexName(load, index.oid)),
                     " RENAME TO ", QuoteIdentifier(index.name))));
  }
  return absl::OkStatus();
}

}  // namespace lockstitch::loader

#include "services/loader/destination/carry_over.h"

#include <vector>

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

// $1 a table's OID. Its users' indexes: name, uniqueness, and the definition from the access method
// on. Keys come with their constraints. The definition begins as composed here, whatever its names
// hold.
constexpr absl::string_view kIndexes = R"sql(
SELECT c.relname, i.indisunique,
       pg_catalog.substr(pg_catalog.pg_get_indexdef(c.oid), 1 + pg_catalog.length(pg_catalog.format(
           'CREATE %sINDEX %I ON %s USING ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
           i.indrelid::pg_catalog.regclass)))
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = $1::oid AND i.indisvalid AND
      NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY c.oid)sql";

// $1 a table's OID. What it has that would be lost with it, in words.
constexpr absl::string_view kLostWithIt = R"sql(
SELECT what FROM (
  SELECT 'row-level security' AS what FROM pg_catalog.pg_class
  WHERE oid = $1::oid AND (relrowsecurity OR EXISTS (SELECT 1 FROM pg_catalog.pg_policy WHERE polrelid = $1::oid))
  UNION ALL SELECT 'trigger ' || tgname FROM pg_catalog.pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal
  UNION ALL SELECT 'rule ' || rulename FROM pg_catalog.pg_rewrite WHERE ev_class = $1::oid
  UNION ALL SELECT 'constraint ' || conname FROM pg_catalog.pg_constraint
  WHERE conrelid = $1::oid AND contype IN ('c', 'f', 'u', 'x')
  UNION ALL SELECT 'publication ' || p.pubname FROM pg_catalog.pg_publication_rel r
  JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = $1::oid
) lost ORDER BY what)sql";

// $1 old table's OID, $2 new table's qualified, quoted name. One statement a row: grants, column
// grants, comments. Owners aren't copied; acldefault stands for what an owner has without any
// grant.
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

std::string IndexName(const LoadRecord& load, int number) {
  return absl::StrCat(load.load_table, "_index_", number);
}

absl::Status BuildIndex(postgres::Connection& connection, const std::string& statement) {
  RETURN_IF_ERROR(connection.Execute("SAVEPOINT index"));
  const absl::Status built = connection.Execute(statement);
  if (postgres::SqlStateOf(built) != postgres::kUndefinedColumn) return built;
  return connection.Execute("ROLLBACK TO SAVEPOINT index");
}

}  // namespace

absl::Status BuildIndexes(postgres::Connection& connection, int64_t old_oid,
                          const LoadRecord& load) {
  ASSIGN_OR_RETURN(const postgres::Result indexes,
                   connection.Query(kIndexes, {absl::StrCat(old_oid)}));
  for (int row = 0; row < indexes.rows(); ++row) {
    RETURN_IF_ERROR(BuildIndex(
        connection, absl::StrCat("CREATE ", indexes.Bool(row, 1) ? "UNIQUE " : "",
                                 "INDEX IF NOT EXISTS ", QuoteIdentifier(IndexName(load, row)),
                                 " ON ", QuoteQualified(schema::kStateSchema, load.load_table),
                                 " USING ", indexes.Text(row, 2))));
  }
  return absl::OkStatus();
}

absl::Status TestReplaceable(postgres::Connection& connection, int64_t old_oid) {
  ASSIGN_OR_RETURN(const postgres::Result lost,
                   connection.Query(kLostWithIt, {absl::StrCat(old_oid)}));
  if (lost.empty()) return absl::OkStatus();
  std::string list;
  for (int row = 0; row < lost.rows(); ++row)
    absl::StrAppend(&list, row == 0 ? "" : ", ", lost.Text(row, 0));
  return Error(
      Reason::kDestinationTableInUse,
      absl::StrCat("replacing the destination table would lose what was put on it: ", list));
}

absl::Status CopyGrantsAndComments(postgres::Connection& connection, int64_t old_oid,
                                   const LoadRecord& load) {
  ASSIGN_OR_RETURN(const postgres::Result statements,
                   connection.Query(kGrantsAndComments,
                                    {absl::StrCat(old_oid),
                                     QuoteQualified(schema::kStateSchema, load.load_table)}));
  for (int row = 0; row < statements.rows(); ++row) {
    RETURN_IF_ERROR(connection.Execute(statements.Text(row, 0)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> IndexNames(postgres::Connection& connection,
                                                    int64_t old_oid) {
  ASSIGN_OR_RETURN(const postgres::Result indexes,
                   connection.Query(kIndexes, {absl::StrCat(old_oid)}));
  std::vector<std::string> names;
  for (int row = 0; row < indexes.rows(); ++row) names.push_back(indexes.String(row, 0));
  return names;
}

absl::Status TakeIndexNames(postgres::Connection& connection, const std::string& schema,
                            const LoadRecord& load, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    // One that came after BuildIndexes has no successor.
    RETURN_IF_ERROR(connection.Execute(absl::StrCat(
        "ALTER INDEX IF EXISTS ", QuoteQualified(schema, IndexName(load, static_cast<int>(i))),
        " RENAME TO ", QuoteIdentifier(names[i]))));
  }
  return absl::OkStatus();
}

}  // namespace lockstitch::loader

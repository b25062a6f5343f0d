#include "services/loader/destination/publish.h"

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteLiteral;
using postgres::QuoteQualified;

// $1 schema, $2 table. Whatever has the name, be it a table, a view or an index.
constexpr absl::string_view kFind =
    "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2";

constexpr absl::string_view kLockTimeout = "SET LOCAL lock_timeout = '1s'";

// $1 old table's OID, $2 new table's qualified, quoted name. One statement a row: grants, column
// grants, comments. Owners aren't copied; acldefault stands for what an owner has without any
// grant.
constexpr absl::string_view kCarryOver = R"sql(
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

absl::Status ReplaceOld(postgres::Connection& connection, const std::string& old_table,
                        int64_t old_oid, const std::string& load_table) {
  RETURN_IF_ERROR(connection.Execute(kLockTimeout));
  RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("LOCK TABLE ", old_table, " IN ACCESS EXCLUSIVE MODE")));
  ASSIGN_OR_RETURN(const postgres::Result statements,
                   connection.Query(kCarryOver, {absl::StrCat(old_oid), load_table}));
  for (int row = 0; row < statements.rows(); ++row) {
    RETURN_IF_ERROR(connection.Execute(statements.Text(row, 0)));
  }
  return connection.Execute(absl::StrCat("DROP TABLE ", old_table));
}

}  // namespace

absl::Status TestOwnership(postgres::Connection& connection, const StreamState& state,
                           const std::string& table) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kFind, {state.schema, table}));
  if (found.empty() ||
      (state.destination_table == table && found.Int(0, 0) == state.destination_oid)) {
    return absl::OkStatus();
  }
  return Error(Reason::kDestinationTableNotOurs,
               absl::StrCat("the destination has a table ", state.schema, ".", table,
                            " that this stream did not make"));
}

absl::Status Swap(postgres::Connection& connection, const StreamState& state,
                  const LoadRecord& load) {
  RETURN_IF_ERROR(TestOwnership(connection, state, load.destination_table));
  const std::string load_table = QuoteQualified(schema::kStateSchema, load.load_table);
  const std::string destination = QuoteQualified(state.schema, load.destination_table);
  ASSIGN_OR_RETURN(const postgres::Result old,
                   connection.Query(kFind, {state.schema, load.destination_table}));
  if (!old.empty()) RETURN_IF_ERROR(ReplaceOld(connection, destination, old.Int(0, 0), load_table));
  RETURN_IF_ERROR(connection.Execute(
      absl::StrCat("ALTER TABLE ", load_table, " SET SCHEMA ", QuoteIdentifier(state.schema))));
  RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("ALTER TABLE ", QuoteQualified(state.schema, load.load_table),
                                      " RENAME TO ", QuoteIdentifier(load.destination_table))));
  const std::string key = KeyName(load.destination_table);
  ASSIGN_OR_RETURN(
      const postgres::Result made,
      connection.Query(kKeyToRename, {absl::StrCat(load.load_oid), state.schema, key}));
  if (made.empty()) return absl::OkStatus();
  return connection.Execute(absl::StrCat("ALTER TABLE ", destination, " RENAME CONSTRAINT ",
                                         QuoteIdentifier(made.Text(0, 0)), " TO ",
                                         QuoteIdentifier(key)));
}

}  // namespace lockstitch::loader

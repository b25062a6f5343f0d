#include "services/loader/destination/publish.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "services/loader/destination/carry_over.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteQualified;

// $1 schema, $2 table. Whatever has the name, be it a table, a view or an index.
constexpr absl::string_view kFind =
    "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2";

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

// Takes the old table away, after what goes over has gone. Answers the names of its indexes.
absl::StatusOr<std::vector<std::string>> RemoveOld(postgres::Connection& connection,
                                                   const std::string& table, int64_t oid,
                                                   const LoadRecord& load) {
  RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("LOCK TABLE ", table, " IN ACCESS EXCLUSIVE MODE")));
  RETURN_IF_ERROR(TestReplaceable(connection, oid));
  RETURN_IF_ERROR(CopyGrantsAndComments(connection, oid, load));
  ASSIGN_OR_RETURN(std::vector<std::string> indexes, IndexNames(connection, oid));
  RETURN_IF_ERROR(connection.Execute(absl::StrCat("DROP TABLE ", table)));
  return indexes;
}

absl::Status NameKey(postgres::Connection& connection, const std::string& schema,
                     const LoadRecord& load) {
  const std::string key = KeyName(load.destination_table);
  ASSIGN_OR_RETURN(const postgres::Result made,
                   connection.Query(kKeyToRename, {absl::StrCat(load.load_oid), schema, key}));
  if (made.empty()) return absl::OkStatus();
  return connection.Execute(absl::StrCat(
      "ALTER TABLE ", QuoteQualified(schema, load.destination_table), " RENAME CONSTRAINT ",
      QuoteIdentifier(made.Text(0, 0)), " TO ", QuoteIdentifier(key)));
}

}  // namespace

absl::StatusOr<int64_t> FindDestinationTable(postgres::Connection& connection,
                                             const StreamState& state, const std::string& table) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kFind, {state.schema, table}));
  if (found.empty()) return 0;
  if (state.destination_table == table && found.Int(0, 0) == state.destination_oid)
    return found.Int(0, 0);
  return Error(Reason::kDestinationTableNotOurs,
               absl::StrCat("the destination has a table ", state.schema, ".", table,
                            " that this stream did not make"));
}

absl::Status Swap(postgres::Connection& connection, const StreamState& state,
                  const LoadRecord& load) {
  const std::string destination = QuoteQualified(state.schema, load.destination_table);
  RETURN_IF_ERROR(connection.Execute(kLockTimeout));
  ASSIGN_OR_RETURN(const int64_t old_oid,
                   FindDestinationTable(connection, state, load.destination_table));
  std::vector<std::string> indexes;
  if (old_oid != 0) {
    ASSIGN_OR_RETURN(indexes, RemoveOld(connection, destination, old_oid, load));
  }
  RETURN_IF_ERROR(connection.Execute(
      absl::StrCat("ALTER TABLE ", QuoteQualified(schema::kStateSchema, load.load_table),
                   " SET SCHEMA ", QuoteIdentifier(state.schema))));
  RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("ALTER TABLE ", QuoteQualified(state.schema, load.load_table),
                                      " RENAME TO ", QuoteIdentifier(load.destination_table))));
  RETURN_IF_ERROR(NameKey(connection, state.schema, load));
  return TakeIndexNames(connection, state.schema, load, indexes);
}

}  // namespace lockstitch::loader

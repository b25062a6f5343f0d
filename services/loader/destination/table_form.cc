#include "services/loader/destination/table_form.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "services/loader/destination/destination_table.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// $1 a table's OID. Its columns, those that were dropped without a name. What follows a change of a
// column's type, an index or a constraint, keeps nobody from making it; a column of the table's row
// type does, in any table.
constexpr absl::string_view kColumns = R"sql(
SELECT CASE WHEN NOT a.attisdropped THEN a.attname END, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attinhcount > 0 OR
       EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
               WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = a.attrelid AND
                     d.refobjsubid = a.attnum AND d.classid::pg_catalog.regclass::text IN
                       ('pg_rewrite', 'pg_policy', 'pg_trigger', 'pg_proc', 'pg_publication_rel', 'pg_attrdef') AND
                     NOT (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND
                          EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef v
                                  WHERE v.oid = d.objid AND v.adrelid = a.attrelid AND v.adnum = a.attnum))) OR
       EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype
                    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND
                         d.refobjid IN (t.oid, t.typarray) AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    JOIN pg_catalog.pg_class holder ON holder.oid = d.objid AND holder.relkind IN ('r', 'm', 'p')
               WHERE c.oid = $1::pg_catalog.oid AND d.objsubid > 0)
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0
ORDER BY a.attnum)sql";

// $1 a table's OID. A row for each column of a key, with its place.
constexpr absl::string_view kKeys = R"sql(
SELECT k.place, a.attname
FROM pg_catalog.pg_constraint c, pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k(number, place),
     pg_catalog.pg_attribute a
WHERE c.conrelid = $1::pg_catalog.oid AND c.contype IN ('p', 'u') AND NOT c.condeferrable AND
      a.attrelid = c.conrelid AND a.attnum = k.number
ORDER BY c.oid, k.place)sql";

constexpr absl::string_view kLockTimeout = "SET LOCAL lock_timeout = '1s'";

// Refusals for what the table is, or for what depends on it, rather than for rights or locks.
bool IsForItsUse(const absl::Status& refused) {
  const std::string sqlstate = postgres::SqlStateOf(refused);
  return sqlstate != postgres::kInsufficientPrivilege &&
         (sqlstate == "0A000" || sqlstate == "2BP01" || absl::StartsWith(sqlstate, "42"));
}

}  // namespace

const TableForm::Column* TableForm::Find(const std::string& name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

bool TableForm::HasKey(const std::vector<std::string>& key_columns) const {
  return std::find(keys.begin(), keys.end(), key_columns) != keys.end();
}

absl::StatusOr<TableForm> ReadTableForm(postgres::Connection& connection, int64_t oid) {
  ASSIGN_OR_RETURN(const std::vector<postgres::Result> answers,
                   connection.QueryAll({{std::string(kColumns), {absl::StrCat(oid)}},
                                        {std::string(kKeys), {absl::StrCat(oid)}}}));
  const postgres::Result &rows = answers[0], &keys = answers[1];
  TableForm form = {.numbers = rows.rows()};
  for (int row = 0; row < rows.rows(); ++row) {
    if (rows.IsNull(row, 0)) continue;
    form.columns.push_back(
        {.name = rows.String(row, 0), .type = rows.String(row, 1), .fixed = rows.Bool(row, 2)});
  }
  for (int row = 0; row < keys.rows(); ++row) {
    if (keys.Int(row, 0) == 1) form.keys.emplace_back();
    form.keys.back().push_back(keys.String(row, 1));
  }
  return form;
}

absl::Status AlterTable(postgres::Connection& connection, const StreamState& state,
                        const std::string& table, const std::vector<std::string>& actions) {
  if (actions.empty()) return absl::OkStatus();
  const std::string name = postgres::QuoteQualified(state.schema, table);
  RETURN_IF_ERROR(connection.Execute(kLockTimeout));
  RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("LOCK TABLE ", name, " IN ACCESS EXCLUSIVE MODE")));
  // It may have become another one before it was locked.
  ASSIGN_OR_RETURN(const int64_t oid, FindDestinationTable(connection, state, table));
  if (oid == 0) {
    return Error(Reason::kDestinationConflict,
                 absl::StrCat("the destination table ", state.schema, ".", table,
                              " was dropped while it was to be altered"));
  }
  const absl::Status altered =
      connection.Execute(absl::StrCat("ALTER TABLE ", name, " ", absl::StrJoin(actions, ", ")));
  if (!IsForItsUse(altered)) return altered;
  return Error(Reason::kDestinationTableInUse,
               absl::StrCat("the destination table ", state.schema, ".", table,
                            " can't be altered: ", altered.message()));
}

}  // namespace lockstitch::loader

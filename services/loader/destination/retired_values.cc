#include "services/loader/destination/retired_values.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/row_match.h"
#include "services/loader/destination/table_form.h"
#include "status/macros.h"

namespace lockstitch::loader {
namespace {

using postgres::QuoteIdentifier;

// $1 the table's OID.
constexpr absl::string_view kNameOf = "SELECT $1::pg_catalog.oid::pg_catalog.regclass::text";

// nullptr if the load has no such column.
const v1::ColumnMapping* FindColumn(const v1::LoadPlan& plan, const std::string& name) {
  const auto found = std::find_if(
      plan.columns().begin(), plan.columns().end(),
      [&](const v1::ColumnMapping& column) { return column.destination_column() == name; });
  return found == plan.columns().end() ? nullptr : &*found;
}

std::string Columns(const std::vector<std::string>& names, absl::string_view table) {
  return absl::StrJoin(names, ", ", [&](std::string* out, const std::string& name) {
    absl::StrAppend(out, table, ".", QuoteIdentifier(name));
  });
}

}  // namespace

bool HasSameKey(const LoadRecord& last, const LoadRecord& wanted) {
  const auto same = [&](const std::string& then, const std::string& now) {
    const v1::ColumnMapping* old = FindColumn(last.plan, then);
    const v1::ColumnMapping* column = FindColumn(wanted.plan, now);
    return old != nullptr && column != nullptr && old->source_column() == column->source_column() &&
           old->destination_type() == column->destination_type();
  };
  return !wanted.key_columns.empty() &&
         std::equal(last.key_columns.begin(), last.key_columns.end(), wanted.key_columns.begin(),
                    wanted.key_columns.end(), same);
}

absl::StatusOr<std::vector<std::string>> KeepRetired(postgres::Connection& connection,
                                                     const LoadRecord& load, int64_t old_oid) {
  std::vector<std::string> notes;
  if (!load.plan.keeps_retired() || load.plan.retired().empty()) return notes;
  ASSIGN_OR_RETURN(const TableForm form, ReadTableForm(connection, old_oid));
  std::vector<std::string> names, assignments;
  for (const v1::RetiredColumn& column : load.plan.retired()) {
    const std::string& name = column.destination_column();
    const TableForm::Column* old = form.Find(name);
    if (column.empty() || old == nullptr) continue;
    if (old->type != column.destination_type()) {
      notes.push_back(absl::StrCat("what column ", name,
                                   " held is gone: it was altered at the destination, to ",
                                   old->type));
      continue;
    }
    names.push_back(name);
    assignments.push_back(absl::StrCat(QuoteIdentifier(name), " = old.", QuoteIdentifier(name)));
  }
  if (names.empty()) return notes;
  ASSIGN_OR_RETURN(const std::string matches, RowMatch(connection, load));
  ASSIGN_OR_RETURN(const postgres::Result table,
                   connection.Query(kNameOf, {absl::StrCat(old_oid)}));
  RETURN_IF_ERROR(connection.Execute(
      absl::StrCat("UPDATE ", QuotedLoadTable(load), " AS new SET ",
                   absl::StrJoin(assignments, ", "), " FROM ONLY ", table.Text(0, 0),
                   " AS old WHERE ", matches, " AND ROW(", Columns(names, "old"),
                   ")::record OPERATOR(pg_catalog.*<>) ROW(", Columns(names, "new"), ")::record")));
  return notes;
}

}  // namespace lockstitch::loader

#include "services/loader/destination/table_statements.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "postgres/sqlstate.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

constexpr absl::string_view kTestConstraints = "SET CONSTRAINTS ALL IMMEDIATE";

// $1 the table's OID. Whether rows are hidden, and a rule by which statements do something else
// than what they say: those for INSERT would ask for the rows anew when they are there, and with
// those for UPDATE nothing can be inserted ON CONFLICT.
constexpr absl::string_view kUnfit = R"sql(
SELECT pg_catalog.row_security_active($1::oid),
       (SELECT rulename FROM pg_catalog.pg_rewrite
        WHERE ev_class = $1::oid AND (is_instead OR ev_type <> '4') LIMIT 1))sql";

// $1 the table's OID. Foreign keys that act ON DELETE: CASCADE, SET NULL and SET DEFAULT.
constexpr absl::string_view kActingForeignKeys = R"sql(
SELECT pg_catalog.format('foreign key %I of table %s', conname, conrelid::pg_catalog.regclass)
FROM pg_catalog.pg_constraint
WHERE confrelid = $1::oid AND contype = 'f' AND confdeltype IN ('c', 'n', 'd')
ORDER BY 1 LIMIT 1)sql";

}  // namespace

absl::Status TestStatements(postgres::Connection& connection, int64_t oid,
                            const std::string& table) {
  ASSIGN_OR_RETURN(const postgres::Result unfit, connection.Query(kUnfit, {absl::StrCat(oid)}));
  if (unfit.Bool(0, 0)) {
    return Error(Reason::kDestinationTableInUse,
                 absl::StrCat("row-level security of ", table, " would hide rows from the load"),
                 "ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, make the destination's user the "
                 "table's owner, or give it BYPASSRLS.");
  }
  if (unfit.IsNull(0, 1)) return absl::OkStatus();
  return Error(Reason::kDestinationTableInUse,
               absl::StrCat("rule ", unfit.Text(0, 1), " of ", table,
                            " changes what statements of loads do"),
               "Drop the rule, and make a trigger in its place.");
}

absl::Status TestReinsertion(postgres::Connection& connection, int64_t oid,
                             const std::string& table) {
  ASSIGN_OR_RETURN(const postgres::Result key,
                   connection.Query(kActingForeignKeys, {absl::StrCat(oid)}));
  if (key.empty()) return absl::OkStatus();
  return Error(Reason::kDestinationTableInUse,
               absl::StrCat(key.Text(0, 0), " refers to ", table,
                            ", whose rows have to be deleted and inserted again: it would act ON "
                            "DELETE for rows that the source still has"),
               "Drop the foreign key, or make it anew with ON DELETE NO ACTION DEFERRABLE "
               "INITIALLY DEFERRED, which bears with rows that are back at the end.");
}

absl::Status TestDeferredConstraints(postgres::Connection& connection) {
  return ExplainStatement(connection.Execute(kTestConstraints));
}

absl::Status ExplainStatement(const absl::Status& failure) {
  const std::string state = postgres::SqlStateOf(failure);
  if (absl::StartsWith(state, "23"))
    return Error(Reason::kDestinationConstraintViolated, failure.message());
  if (state == postgres::kObjectNotInPrerequisiteState) {
    return Error(Reason::kDestinationTableInUse, failure.message(),
                 "If it is a publication that needs to tell rows apart: ALTER TABLE ... REPLICA "
                 "IDENTITY FULL, or take deletes and updates out of it.");
  }
  return failure;
}

}  // namespace lockstitch::loader

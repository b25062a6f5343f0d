#include "services/discovery/check.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "postgres/connection_check.h"
#include "postgres/quote.h"
#include "postgres/server_questions.h"
#include "schema/catalog_queries.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::discovery {
namespace {

using postgres::CheckAnswer;
using postgres::Connection;

// How many tables and views there are, and how many of them the user may read, or columns of them.
// $0: which tables are meant.
constexpr absl::string_view kCountReadable = R"sql(
SELECT pg_catalog.count(*),
       pg_catalog.count(CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND
                                  pg_catalog.has_any_column_privilege(c.oid, 'SELECT') THEN 1 END)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE $0)sql";

// $1 schemas, $2 tables, as many. Answers, in their order, for those that can't be read, their
// number from 1 and whether they are there.
constexpr absl::string_view kUnreadable = R"sql(
SELECT wanted.i, c.oid IS NOT NULL
FROM (SELECT pg_catalog.generate_subscripts($1::pg_catalog.text[], 1) AS i) wanted
     LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = ($1::pg_catalog.text[])[wanted.i]
     LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND
               c.relname = ($2::pg_catalog.text[])[wanted.i] AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
WHERE c.oid IS NULL OR NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') OR
      NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
ORDER BY wanted.i)sql";

using Tables = google::protobuf::RepeatedPtrField<v1::TableName>;

// Tables and views, as the question about the catalog counts them for that about privileges.
struct Counts {
  bool known = false;
  int64_t all = 0;
  int64_t readable = 0;
};

absl::StatusOr<CheckAnswer> AskCatalog(Connection& connection, Counts& counts) {
  const std::string listed = schema::ListedTables(connection.server_version());
  ASSIGN_OR_RETURN(const postgres::Result found,
                   connection.Query(absl::Substitute(kCountReadable, listed)));
  counts = {.known = true, .all = found.Int(0, 0), .readable = found.Int(0, 1)};
  return postgres::Passed(counts.all == 1 ? "1 table or view"
                                          : absl::StrCat(counts.all, " tables and views"));
}

absl::StatusOr<CheckAnswer> AnyTable(const Counts& counts) {
  if (!counts.known) return postgres::Skipped("not known without the catalog");
  const int64_t all = counts.all;
  const int64_t readable = counts.readable;
  if (all == 0) {
    return postgres::Warning("there is nothing to read: no table and no view",
                             "Check the database's name in the connection.");
  }
  if (readable == 0) {
    return Error(Reason::kSourcePermissionDenied,
                 absl::StrCat("none of ", all, " tables and views can be read"));
  }
  return postgres::Passed(absl::StrCat(readable, " of ", all, " tables and views can be read"));
}

absl::StatusOr<CheckAnswer> AskTables(Connection& connection, const Tables& tables) {
  std::vector<std::string> schemas, names;
  for (const v1::TableName& table : tables) {
    schemas.push_back(table.schema());
    names.push_back(table.name());
  }
  ASSIGN_OR_RETURN(
      const postgres::Result unreadable,
      connection.Query(kUnreadable, {postgres::ArrayText(schemas), postgres::ArrayText(names)}));
  if (unreadable.empty()) {
    return postgres::Passed(
        tables.size() == 1 ? "the selected stream can be read"
                           : absl::StrCat("all ", tables.size(), " selected streams can be read"));
  }
  std::vector<std::string> forbidden, missing;
  for (int row = 0; row < unreadable.rows(); ++row) {
    const v1::TableName& table = tables[static_cast<int>(unreadable.Int(row, 0)) - 1];
    (unreadable.Bool(row, 1) ? forbidden : missing).push_back(schema::StreamName(table));
  }
  std::vector<std::string> problems;
  if (!forbidden.empty())
    problems.push_back(absl::StrCat("can't be read: ", absl::StrJoin(forbidden, ", ")));
  if (!missing.empty())
    problems.push_back(absl::StrCat("aren't there: ", absl::StrJoin(missing, ", ")));
  return Error(forbidden.empty() ? Reason::kStreamNotFound : Reason::kSourcePermissionDenied,
               absl::StrJoin(problems, "; "));
}

postgres::CheckQuestion PrivilegesQuestion(const Tables& tables,
                                           const std::shared_ptr<Counts>& counts) {
  if (tables.empty()) return {"privileges", [counts](Connection&) { return AnyTable(*counts); }};
  return {"privileges", [tables](Connection& connection) { return AskTables(connection, tables); }};
}

}  // namespace

std::vector<v1::CheckStep> CheckSource(const Connection::Options& options,
                                       const v1::CheckConnectionRequest& request) {
  const auto counts = std::make_shared<Counts>();
  return postgres::CheckConnection(
      options, {postgres::VersionQuestion(kOldestVersion, "9.3"),
                {"read_catalog",
                 [counts](Connection& connection) { return AskCatalog(connection, *counts); }},
                postgres::RoleQuestion(),
                postgres::PoolerQuestion(options),
                PrivilegesQuestion(request.tables(), counts),
                postgres::ConnectionsQuestion(options.server),
                postgres::ClockQuestion()});
}

}  // namespace lockstitch::discovery

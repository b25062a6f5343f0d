#include "services/loader/destination/check.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/connection_check.h"
#include "postgres/quote.h"
#include "postgres/server_questions.h"
#include "schema/destination_names.h"
#include "services/loader/destination/state_schema.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::CheckAnswer;
using postgres::Connection;
using postgres::Passed;
using postgres::Warning;

// The check's own session is read-only: what others get is the setting's reset value.
constexpr absl::string_view kTakesWrites =
    "SELECT pg_catalog.pg_is_in_recovery(), reset_val = 'on' FROM pg_catalog.pg_settings "
    "WHERE name = 'default_transaction_read_only'";
constexpr absl::string_view kMayCreate =
    "SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE'), current_user, "
    "current_database()";

// $1 schema.
constexpr absl::string_view kOwner =
    "SELECT uid FROM _lockstitch.integrations WHERE destination_schema = $1";
// $1 schema. Whether tables can be made in it, and how many are there.
constexpr absl::string_view kSchema = R"sql(
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE, CREATE'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
FROM pg_catalog.pg_namespace n WHERE n.nspname = $1)sql";

// $1 names. Those that the server has, and whether the database has them.
constexpr absl::string_view kExtensions =
    "SELECT name, installed_version IS NOT NULL FROM pg_catalog.pg_available_extensions WHERE name "
    "= ANY ($1::pg_catalog.text[])";

constexpr int kOldestVersion = 100000;

absl::StatusOr<CheckAnswer> AskWritable(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kTakesWrites));
  if (found.Bool(0, 0)) return Error(Reason::kDestinationReadOnly, "the server is a standby");
  if (!found.Bool(0, 1)) return Passed("primary, takes writes");
  return Error(Reason::kDestinationReadOnly,
               "default_transaction_read_only is on for this user or database",
               "ALTER ROLE or ALTER DATABASE ... RESET default_transaction_read_only.");
}

absl::StatusOr<CheckAnswer> AskMayCreate(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result may, connection.Query(kMayCreate));
  const std::string what = absl::StrCat(" create schemas in ", may.Text(0, 2));
  if (may.Bool(0, 0)) return Passed(absl::StrCat(may.Text(0, 1), " may", what));
  return Error(Reason::kDestinationPermissionDenied,
               absl::StrCat(may.Text(0, 1), " may not", what));
}

absl::StatusOr<CheckAnswer> AskState(Connection& connection) {
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  return Passed(version ? absl::StrCat("_lockstitch schema of version ", *version)
                        : "never loaded; made by the first load");
}

// Of a schema that is no integration's.
absl::StatusOr<CheckAnswer> AskSchema(Connection& connection, const std::string& schema) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kSchema, {schema}));
  if (found.empty()) return Passed(absl::StrCat("schema ", schema, " is free"));
  if (!found.Bool(0, 0)) {
    return Error(Reason::kDestinationPermissionDenied,
                 absl::StrCat("schema ", schema, " is there, and the user may not create in it"),
                 absl::StrCat("GRANT USAGE, CREATE ON SCHEMA ", postgres::QuoteIdentifier(schema),
                              " to the user, or use another integration name."));
  }
  if (found.Int(0, 1) == 0) return Passed(absl::StrCat("schema ", schema, " is there and empty"));
  return Warning(absl::StrCat("schema ", schema, " has ", found.Int(0, 1),
                              " tables and views that Lockstitch did not make"),
                 "Streams with names of such tables will fail and leave them alone: use another "
                 "integration name, or rename them.");
}

absl::StatusOr<CheckAnswer> AskName(Connection& connection, const std::string& integration,
                                    const std::string& uid) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(integration));
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  if (!version) return AskSchema(connection, schema);
  ASSIGN_OR_RETURN(const postgres::Result owner, connection.Query(kOwner, {schema}));
  if (owner.empty()) return AskSchema(connection, schema);
  if (uid.empty() || owner.Text(0, 0) == uid) {
    return Passed(absl::StrCat("schema ", schema, " is the integration's own"));
  }
  return Error(
      Reason::kDestinationSchemaTaken,
      absl::StrCat("schema ", schema, " belongs to the integration with uid ", owner.Text(0, 0)));
}

absl::StatusOr<CheckAnswer> AskExtensions(Connection& connection,
                                          const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const postgres::Result found,
                   connection.Query(kExtensions, {postgres::ArrayText(names)}));
  std::set<std::string> absent(names.begin(), names.end());
  std::vector<std::string> not_created, statements;
  for (int row = 0; row < found.rows(); ++row) {
    const std::string name = found.String(row, 0);
    absent.erase(name);
    if (found.Bool(row, 1)) continue;
    not_created.push_back(name);
    statements.push_back(absl::StrCat("CREATE EXTENSION ", postgres::QuoteIdentifier(name), ";"));
  }
  if (absent.empty() && not_created.empty()) {
    return Passed(absl::StrCat("there: ", absl::StrJoin(names, ", ")));
  }
  std::vector<std::string> missing, remedies;
  if (!not_created.empty()) {
    missing.push_back(absl::StrCat("not created: ", absl::StrJoin(not_created, ", ")));
    remedies.push_back(absl::StrCat("At the destination: ", absl::StrJoin(statements, " ")));
  }
  if (!absent.empty()) {
    missing.push_back(absl::StrCat("not installed at the server: ", absl::StrJoin(absent, ", ")));
    remedies.push_back("Install the packages at the server to have those not installed.");
  }
  return Warning(
      absl::StrCat(absl::StrJoin(missing, "; "), "; their types arrive as text, hstore as jsonb"),
      absl::StrJoin(remedies, " "));
}

postgres::CheckQuestion NameQuestion(const v1::CheckDestinationRequest& request) {
  return {"name",
          [name = request.integration(),
           uid = request.integration_uid()](Connection& connection) -> absl::StatusOr<CheckAnswer> {
            if (name.empty()) return postgres::Skipped("no integration was named");
            return AskName(connection, name, uid);
          }};
}

postgres::CheckQuestion ExtensionsQuestion(const v1::CheckDestinationRequest& request) {
  const std::vector<std::string> names(request.extensions().begin(), request.extensions().end());
  return {"extensions", [names](Connection& connection) -> absl::StatusOr<CheckAnswer> {
            if (names.empty()) return postgres::Skipped("none are needed, as far as is known");
            return AskExtensions(connection, names);
          }};
}

}  // namespace

v1::CheckDestinationResponse CheckDestination(const Connection::Options& options,
                                              const v1::CheckDestinationRequest& request) {
  std::vector<v1::CheckStep> steps =
      postgres::CheckConnection(options, {postgres::VersionQuestion(kOldestVersion, "10"),
                                          {"writable", AskWritable},
                                          {"create_schema", AskMayCreate},
                                          {"state", AskState},
                                          NameQuestion(request),
                                          ExtensionsQuestion(request),
                                          postgres::PoolerQuestion(options),
                                          postgres::ConnectionsQuestion(options.server),
                                          postgres::ClockQuestion()});
  v1::CheckDestinationResponse response;
  for (v1::CheckStep& step : steps) *response.add_steps() = std::move(step);
  return response;
}

}  // namespace lockstitch::loader

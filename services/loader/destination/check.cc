#include "services/loader/destination/check.h"

#include <algorithm>
#include <optional>
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
    "SELECT pg_catalog.pg_is_in_recovery(), reset_val = 'on', "
    "pg_catalog.has_database_privilege(current_database(), 'TEMPORARY'), current_database() "
    "FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'";
constexpr absl::string_view kMayCreate =
    "SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE'), current_user, "
    "current_database()";
// $1 schemas. Those that are there.
constexpr absl::string_view kPresent =
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1::pg_catalog.text[])";

// $1 schema.
constexpr absl::string_view kOwner =
    "SELECT uid FROM _lockstitch.integrations WHERE destination_schema = $1";
// $1 schema. Whether tables can be made in it, and how many are there.
constexpr absl::string_view kSchema = R"sql(
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND
         pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
FROM pg_catalog.pg_namespace n WHERE n.nspname = $1)sql";

// $1 names. What keeps the user from the types of those extensions: whether the server has them,
// the schema that the database has them in, or NULL, and whether the user may use it.
constexpr absl::string_view kExtensions = R"sql(
SELECT wanted.name,
       EXISTS (SELECT 1 FROM pg_catalog.pg_available_extensions a WHERE a.name = wanted.name),
       n.nspname, pg_catalog.has_schema_privilege(n.oid, 'USAGE')
FROM (SELECT DISTINCT pg_catalog.unnest($1::pg_catalog.text[]) AS name) wanted
     LEFT JOIN pg_catalog.pg_extension x ON x.extname = wanted.name
     LEFT JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
ORDER BY wanted.name)sql";

absl::StatusOr<CheckAnswer> AskWritable(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kTakesWrites));
  if (found.Bool(0, 0)) return Error(Reason::kDestinationReadOnly, "the server is a standby");
  if (!found.Bool(0, 1)) {
    if (found.Bool(0, 2)) return Passed("primary, takes writes");
    return Warning("primary, takes writes, but no temporary tables: INCREMENTAL streams will fail",
                   absl::StrCat("GRANT TEMPORARY ON DATABASE ",
                                postgres::QuoteIdentifier(found.Text(0, 3)), " to the user."));
  }
  return Error(Reason::kDestinationReadOnly,
               "default_transaction_read_only is on for this user or database",
               "ALTER ROLE or ALTER DATABASE ... RESET default_transaction_read_only.");
}

// The schemas that loads of `integration` need; the state's alone where none is named.
absl::StatusOr<std::vector<std::string>> NeededSchemas(const std::string& integration) {
  std::vector<std::string> needed = {"_lockstitch"};
  if (integration.empty()) return needed;
  ASSIGN_OR_RETURN(needed.emplace_back(), schema::DestinationSchema(integration));
  return needed;
}

// Whoever made the schemas for the user spared it the right to make any.
absl::StatusOr<CheckAnswer> AskMayCreate(Connection& connection, const std::string& integration) {
  ASSIGN_OR_RETURN(const postgres::Result may, connection.Query(kMayCreate));
  const std::string what = absl::StrCat(" create schemas in ", may.Text(0, 2));
  if (may.Bool(0, 0)) return Passed(absl::StrCat(may.Text(0, 1), " may", what));
  const absl::StatusOr<std::vector<std::string>> needed = NeededSchemas(integration);
  if (needed.ok()) {
    ASSIGN_OR_RETURN(const postgres::Result present,
                     connection.Query(kPresent, {postgres::ArrayText(*needed)}));
    if (static_cast<size_t>(present.rows()) == needed->size()) {
      return Passed(absl::StrCat(may.Text(0, 1), " may not", what,
                                 ", but has no need to: ", absl::StrJoin(*needed, " and "),
                                 " exist", needed->size() == 1 ? "s" : ""));
    }
  }
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

// Extensions whose types the user lacks, by what keeps it from them, and the remedies.
struct LackingExtensions {
  std::vector<std::string> absent, not_created, not_usable, remedies;

  std::string Describe() const {
    std::vector<std::string> parts;
    const auto add = [&parts](absl::string_view what, const std::vector<std::string>& names) {
      if (!names.empty()) parts.push_back(absl::StrCat(what, absl::StrJoin(names, ", ")));
    };
    add("not created: ", not_created);
    add("in a schema that the user may not use: ", not_usable);
    add("not installed at the server: ", absent);
    return absl::StrJoin(parts, "; ");
  }
};

LackingExtensions LackingOf(const postgres::Result& found) {
  LackingExtensions lacking;
  for (int row = 0; row < found.rows(); ++row) {
    const std::string name = found.String(row, 0);
    if (!found.IsNull(row, 2)) {
      if (found.Bool(row, 3)) continue;
      lacking.not_usable.push_back(name);
      lacking.remedies.push_back(absl::StrCat("GRANT USAGE ON SCHEMA ",
                                              postgres::QuoteIdentifier(found.Text(row, 2)),
                                              " to the user."));
    } else if (found.Bool(row, 1)) {
      lacking.not_created.push_back(name);
      lacking.remedies.push_back(
          absl::StrCat("CREATE EXTENSION ", postgres::QuoteIdentifier(name), ";"));
    } else {
      lacking.absent.push_back(name);
    }
  }
  if (!lacking.remedies.empty()) lacking.remedies.front().insert(0, "At the destination: ");
  if (!lacking.absent.empty())
    lacking.remedies.emplace_back(
        "Install the packages at the server to have those not installed.");
  return lacking;
}

absl::StatusOr<CheckAnswer> AskExtensions(Connection& connection,
                                          const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(const postgres::Result found,
                   connection.Query(kExtensions, {postgres::ArrayText(names)}));
  const LackingExtensions lacking = LackingOf(found);
  if (lacking.remedies.empty()) return Passed(absl::StrCat("there: ", absl::StrJoin(names, ", ")));
  const std::string missing = lacking.Describe();
  const auto lacks_hstore = [](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), "hstore") != names.end();
  };
  const bool hstore = lacks_hstore(lacking.absent) || lacks_hstore(lacking.not_created) ||
                      lacks_hstore(lacking.not_usable);
  return Warning(
      absl::StrCat(missing, "; their types arrive as text", hstore ? ", hstore as jsonb" : ""),
      absl::StrJoin(lacking.remedies, " "));
}

postgres::CheckQuestion CreateQuestion(const v1::CheckDestinationRequest& request) {
  return {"create_schema", [name = request.integration()](Connection& connection) {
            return AskMayCreate(connection, name);
          }};
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
                                          CreateQuestion(request),
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

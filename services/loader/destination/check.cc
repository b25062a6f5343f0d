#include "services/loader/destination/check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "postgres/connection_check.h"
#include "services/loader/destination/state_schema.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;

constexpr absl::string_view kVersion = "SHOW server_version";
// The check's own session is read-only: what others get is the setting's reset value.
constexpr absl::string_view kTakesWrites =
    "SELECT pg_catalog.pg_is_in_recovery(), reset_val = 'on' FROM pg_catalog.pg_settings "
    "WHERE name = 'default_transaction_read_only'";
constexpr absl::string_view kMayCreate =
    "SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE'), current_user, "
    "current_database()";

constexpr int kOldestVersion = 100000;

absl::StatusOr<std::string> AskVersion(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result version, connection.Query(kVersion));
  const std::string found = absl::StrCat("PostgreSQL ", version.Text(0, 0));
  if (connection.server_version() >= kOldestVersion) return found;
  return Error(Reason::kServerVersionUnsupported, absl::StrCat(found, " is older than 10"));
}

absl::StatusOr<std::string> AskWritable(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kTakesWrites));
  if (found.Bool(0, 1)) {
    return Error(Reason::kDestinationReadOnly,
                 "default_transaction_read_only is on for this user or database");
  }
  if (!found.Bool(0, 0)) return "takes writes";
  return Error(Reason::kDestinationReadOnly, "the server is a standby");
}

absl::StatusOr<std::string> AskMayCreate(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result may, connection.Query(kMayCreate));
  const std::string whom = absl::StrCat(may.Text(0, 1), " may create schemas in ", may.Text(0, 2));
  if (may.Bool(0, 0)) return whom;
  return Error(Reason::kDestinationPermissionDenied,
               absl::StrCat(may.Text(0, 1), " may not create schemas in ", may.Text(0, 2)));
}

absl::StatusOr<std::string> AskState(Connection& connection) {
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  return version ? absl::StrCat("_lockstitch schema of version ", *version)
                 : "never loaded; made by the first load";
}

}  // namespace

v1::CheckDestinationResponse CheckDestination(const Connection::Options& options) {
  v1::CheckDestinationResponse response;
  for (v1::CheckStep& step : postgres::CheckConnection(options, {{"version", AskVersion},
                                                                 {"writable", AskWritable},
                                                                 {"create_schema", AskMayCreate},
                                                                 {"state", AskState}})) {
    *response.add_steps() = std::move(step);
  }
  return response;
}

}  // namespace lockstitch::loader

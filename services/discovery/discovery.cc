#include "services/discovery/discovery.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "postgres/connection.h"
#include "postgres/connection_check.h"
#include "postgres/transaction.h"
#include "schema/catalog_reader.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::discovery {
namespace {

using postgres::Connection;
using telemetry::Metric;

constexpr int kOldestVersion = 90300;
constexpr absl::string_view kVersion = "SHOW server_version";
constexpr absl::string_view kCatalogSize =
    "SELECT count(*) FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')";
constexpr absl::string_view kSnapshot = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

absl::StatusOr<Connection::Options> SessionOptions(const v1::Source& source) {
  if (!source.has_postgres()) return Error(Reason::kUsageInvalid, "the source has no connection");
  return Connection::Options{.server = source.postgres(),
                             .side = postgres::Side::kSource,
                             .application_name = "lockstitch discovery"};
}

absl::StatusOr<std::string> AskVersion(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result version, connection.Query(kVersion));
  const std::string found = absl::StrCat("PostgreSQL ", version.Text(0, 0));
  if (connection.server_version() >= kOldestVersion) return found;
  return Error(Reason::kServerVersionUnsupported, absl::StrCat(found, " is older than 9.3"));
}

absl::StatusOr<std::string> AskCatalog(Connection& connection) {
  RETURN_IF_ERROR(connection.Execute(kCatalogSize));
  return "the catalog can be read";
}

}  // namespace

absl::StatusOr<std::vector<v1::Table>> Discovery::Discover(const v1::Source& source,
                                                           std::stop_token stop) {
  ASSIGN_OR_RETURN(const Connection::Options options, SessionOptions(source));
  ASSIGN_OR_RETURN(Connection connection, Connection::Open(options));
  const auto interrupt = [&] { connection.Interrupt(); };
  const std::stop_callback by_caller(stop, interrupt);
  const std::stop_callback by_process(stop_.get_token(), interrupt);
  RETURN_IF_ERROR(AskVersion(connection).status());
  ASSIGN_OR_RETURN(const postgres::Transaction transaction,
                   postgres::Transaction::Begin(connection, kSnapshot));
  ASSIGN_OR_RETURN(std::vector<v1::Table> tables, schema::ReadTables(connection));
  metrics_->Add(Metric::kDiscoveryTables, {}, static_cast<double>(tables.size()));
  return tables;
}

absl::StatusOr<std::vector<v1::CheckStep>> Discovery::CheckConnection(const v1::Source& source) {
  ASSIGN_OR_RETURN(const Connection::Options options, SessionOptions(source));
  std::vector<v1::CheckStep> steps =
      postgres::CheckConnection(options, {{"version", AskVersion}, {"read_catalog", AskCatalog}});
  const bool failed = std::any_of(steps.begin(), steps.end(), [](const v1::CheckStep& step) {
    return step.result() == v1::CHECK_RESULT_FAILED;
  });
  metrics_->Add(Metric::kDiscoveryChecks, {failed ? "failed" : "passed"}, 1);
  return steps;
}

}  // namespace lockstitch::discovery

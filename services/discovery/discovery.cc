#include "services/discovery/discovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "postgres/catalog_limits.h"
#include "postgres/connection.h"
#include "postgres/transaction.h"
#include "services/discovery/check.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::discovery {
namespace {

using postgres::Connection;
using telemetry::Metric;

constexpr absl::string_view kSnapshot = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

constexpr absl::string_view kSettings =
    "SELECT pg_catalog.current_setting('lc_monetary'), "
    "pg_catalog.current_setting('server_encoding')";

absl::Status DescribeServer(Connection& connection, v1::SourceServer* server) {
  ASSIGN_OR_RETURN(const postgres::Result settings, connection.Query(kSettings));
  server->set_version(connection.server_version());
  server->set_lc_monetary(settings.String(0, 0));
  server->set_encoding(settings.String(0, 1));
  return absl::OkStatus();
}

absl::StatusOr<Connection::Options> SessionOptions(const v1::Source& source) {
  if (!source.has_postgres()) return Error(Reason::kUsageInvalid, "the source has no connection");
  return Connection::Options{.server = source.postgres(),
                             .side = postgres::Side::kSource,
                             .application_name = "lockstitch discovery"};
}

absl::Status TestVersion(const Connection& connection) {
  if (connection.server_version() >= kOldestVersion) return absl::OkStatus();
  return Error(Reason::kServerVersionUnsupported, "the source is older than PostgreSQL 9.3");
}

}  // namespace

absl::Status Discovery::Discover(const v1::Source& source, v1::SourceServer* server,
                                 const schema::TableSink& sink, std::stop_token stop) {
  ASSIGN_OR_RETURN(const Connection::Options options, SessionOptions(source));
  ASSIGN_OR_RETURN(Connection connection, Connection::Open(options));
  const auto interrupt = [&] { connection.Interrupt(); };
  const std::stop_callback by_caller(stop, interrupt);
  const std::stop_callback by_process(stop_.get_token(), interrupt);
  RETURN_IF_ERROR(TestVersion(connection));
  const postgres::Transaction transaction = postgres::Transaction::Begin(connection, kSnapshot);
  const postgres::CatalogLimits limits = postgres::CatalogLimits::Begin(connection);
  RETURN_IF_ERROR(DescribeServer(connection, server));
  return schema::ReadTables(connection, [&](v1::Table table) {
    metrics_->Add(Metric::kDiscoveryTables, {}, 1);
    return sink(std::move(table));
  });
}

absl::StatusOr<std::vector<v1::CheckStep>> Discovery::CheckConnection(
    const v1::CheckConnectionRequest& request) {
  ASSIGN_OR_RETURN(const Connection::Options options, SessionOptions(request.source()));
  std::vector<v1::CheckStep> steps = CheckSource(options, request);
  const bool failed = std::any_of(steps.begin(), steps.end(), [](const v1::CheckStep& step) {
    return step.result() == v1::CHECK_RESULT_FAILED;
  });
  metrics_->Add(Metric::kDiscoveryChecks, {failed ? "failed" : "passed"}, 1);
  return steps;
}

}  // namespace lockstitch::discovery

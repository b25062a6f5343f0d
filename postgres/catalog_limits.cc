#include "postgres/catalog_limits.h"

#include "status/macros.h"

namespace lockstitch::postgres {
namespace {

constexpr absl::string_view kLimitSession =
    "SET statement_timeout = '5min'; SET lock_timeout = '10s'";
constexpr absl::string_view kLimit =
    "SET LOCAL statement_timeout = '5min'; SET LOCAL lock_timeout = '10s'";
constexpr absl::string_view kLift = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

}  // namespace

absl::Status LimitSession(Connection& connection) { return connection.Execute(kLimitSession); }

absl::StatusOr<CatalogLimits> CatalogLimits::Begin(Connection& connection) {
  RETURN_IF_ERROR(connection.Execute(kLimit));
  return CatalogLimits(&connection);
}

// Where the transaction has failed, its end lifts them.
void CatalogLimits::Lift::operator()(Connection* connection) const {
  connection->Execute(kLift).IgnoreError();
}

}  // namespace lockstitch::postgres

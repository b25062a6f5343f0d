#include "postgres/catalog_limits.h"

#include <string>

namespace lockstitch::postgres {
namespace {

constexpr absl::string_view kLimitSession =
    "SET statement_timeout = '5min'; SET lock_timeout = '10s'";
constexpr absl::string_view kLimit[] = {"SET LOCAL statement_timeout = '5min'",
                                        "SET LOCAL lock_timeout = '10s'"};
constexpr absl::string_view kLift[] = {"SET LOCAL statement_timeout = 0",
                                       "SET LOCAL lock_timeout = 0"};

}  // namespace

absl::Status LimitSession(Connection& connection) { return connection.Execute(kLimitSession); }

CatalogLimits CatalogLimits::Begin(Connection& connection) {
  for (const absl::string_view setting : kLimit) connection.Defer({std::string(setting)});
  return CatalogLimits(&connection);
}

// Where the transaction has failed, its end lifts them.
void CatalogLimits::Lift::operator()(Connection* connection) const {
  if (connection->in_failed_transaction()) return;
  for (const absl::string_view setting : kLift) connection->Defer({std::string(setting)});
}

}  // namespace lockstitch::postgres

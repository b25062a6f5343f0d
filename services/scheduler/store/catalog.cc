#include "services/scheduler/store/catalog.h"

#include "absl/strings/str_cat.h"
#include "postgres/server_questions.h"
#include "services/scheduler/store/catalog_schema.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// The first with idle_session_timeout, which leadership rests on.
constexpr int kOldestVersion = 140000;

// Beyond the statement_timeout of its sessions.
constexpr absl::Duration kPatience = absl::Seconds(35);

// Two schedulers stay far below the 100 connections that servers have by default.
constexpr postgres::SessionPool::Options kSessions = {
    .idle = absl::Minutes(1), .life = absl::Minutes(5), .most_used = 16, .renew = false};

}  // namespace

Catalog::Catalog(const v1::PostgresConnection& server) : server_(server), sessions_(kSessions) {}

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(const v1::PostgresConnection& server) {
  std::unique_ptr<Catalog> catalog(new Catalog(server));
  const postgres::Connection::Options options = catalog->OptionsFor("lockstitch scheduler");
  ASSIGN_OR_RETURN(postgres::Connection connection, postgres::Connection::Open(options));
  if (connection.server_version() < kOldestVersion) {
    return Error(Reason::kCatalogUnsupported, absl::StrCat("catalog: the server is PostgreSQL ",
                                                           connection.server_version() / 10000));
  }
  RETURN_IF_ERROR(postgres::PoolerQuestion(options).ask(connection).status());
  RETURN_IF_ERROR(MigrateCatalog(connection));
  return catalog;
}

absl::StatusOr<postgres::SessionPool::Lease> Catalog::Session() {
  postgres::Connection::Options options = OptionsFor("lockstitch scheduler");
  options.patience = kPatience;
  options.settings = {{"statement_timeout", "30s"},
                      {"lock_timeout", "3s"},
                      {"jit", "off"},
                      {"idle_in_transaction_session_timeout", "4s"}};
  return sessions_.Take(options);
}

postgres::Connection::Options Catalog::OptionsFor(const std::string& application_name) const {
  return {
      .server = server_, .side = postgres::Side::kCatalog, .application_name = application_name};
}

}  // namespace lockstitch::scheduler

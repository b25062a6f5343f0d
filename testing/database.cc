#include "testing/database.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/substitute.h"
#include "postgres/sqlstate.h"

namespace lockstitch::testing {
namespace {

template <typename T>
T ValueOrDie(absl::StatusOr<T> value, const std::string& what) {
  if (value.ok()) return *std::move(value);
  std::cerr << what << "\n" << value.status() << std::endl;
  std::abort();
}

absl::StatusOr<postgres::Connection> Open(const std::string& url) {
  // Sessions with sources don't write.
  postgres::Connection::Options options = {.side = postgres::Side::kDestination,
                                           .application_name = "test"};
  options.server.set_url(url);
  return postgres::Connection::Open(options);
}

}  // namespace

Database::Database(const std::string& url) : connection_(ValueOrDie(Open(url), url)) {
  Run("RESET search_path");
}

void Database::Run(const std::string& sql) { ValueOrDie(connection_.Query(sql), sql); }

std::string Database::Text(const std::string& sql) {
  const postgres::Result result = ValueOrDie(connection_.Query(sql), sql);
  return result.empty() ? "" : result.String(0, 0);
}

int64_t Database::Int(const std::string& sql) {
  const postgres::Result result = ValueOrDie(connection_.Query(sql), sql);
  return result.empty() ? 0 : result.Int(0, 0);
}

std::vector<std::string> Database::List(const std::string& sql) {
  const postgres::Result result = ValueOrDie(connection_.Query(sql), sql);
  std::vector<std::string> list;
  for (int row = 0; row < result.rows(); ++row) list.push_back(result.String(row, 0));
  return list;
}

absl::Status Database::Try(const std::string& sql) { return connection_.Execute(sql); }

void Database::Await(const std::string& condition) {
  while (true) {
    absl::StatusOr<postgres::Result> answer = connection_.Query(condition);
    // A standby cancels what stands in the way of its recovery.
    const bool cancelled = postgres::SqlStateOf(answer.status()) == "40001";
    if (!cancelled) {
      const postgres::Result result = ValueOrDie(std::move(answer), condition);
      if (!result.empty() && result.Bool(0, 0)) return;
    }
    Try("SELECT pg_sleep(0.01)").IgnoreError();
  }
}

void MakeDatabase(const std::string& admin_url, const std::string& name) {
  Database(admin_url).Run("CREATE DATABASE " + name);
}

std::string ContentsQuery(const std::string& table, const std::string& columns) {
  return absl::Substitute(
      "SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(ROW($1)::text, 0)), 0) FROM "
      "$0",
      table, columns);
}

}  // namespace lockstitch::testing
